import { describe, expect, it } from 'vitest';
import { createRandom, hashString } from './random.ts';

describe('createRandom', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    const draw = (seed: number): number[] => {
      const random = createRandom(seed);
      return Array.from({ length: 5 }, () => random.next());
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('is uniform', () => {
    const random = createRandom(1);
    const bins = new Array<number>(10).fill(0);
    for (let index = 0; index < 20_000; index += 1) {
      const bin = random.int(10);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    // 2000 a bin; 5 standard deviations are 212.
    for (const count of bins) expect(Math.abs(count - 2000)).toBeLessThan(212);
  });

  it('forks by name, whatever was drawn before', () => {
    const untouched = createRandom(3);
    const used = createRandom(3);
    used.next();
    expect(used.fork('pose').next()).toBe(untouched.fork('pose').next());
    expect(untouched.fork('pose').next()).not.toBe(untouched.fork('place').next());
  });

  it('respects weights and refuses an empty list', () => {
    const random = createRandom(5);
    const drawn = Array.from({ length: 200 }, () => random.weighted(['a', 'b'], [0, 1]));
    expect(new Set(drawn)).toEqual(new Set(['b']));
    expect(() => random.pick([])).toThrow(RangeError);
  });
});

describe('hashString', () => {
  it('agrees with the published vectors of 32-bit FNV-1a', () => {
    expect(hashString('')).toBe(0x811c9dc5);
    expect(hashString('a')).toBe(0xe40c292c);
    expect(hashString('foobar')).toBe(0xbf9cf968);
  });
});
