import { describe, expect, it } from 'vitest';
import { createBlend, cutTile, tileAxis, tileRamp } from './tiles.ts';

describe('tiles along an axis', () => {
  it.each([
    [128, 72, 18],
    [104, 64, 16],
    [97, 32, 8],
    [33, 32, 8],
    [32, 32, 8],
  ])('%i cells in tiles of %i that share at least %i', (length, tile, overlap) => {
    const { starts } = tileAxis(length, tile, overlap);
    expect(starts[0]).toBe(0);
    expect((starts.at(-1) ?? 0) + tile).toBe(length);
    for (const [index, start] of starts.slice(1).entries()) {
      const before = starts[index] ?? 0;
      expect(start).toBeGreaterThan(before);
      expect(before + tile - start).toBeGreaterThanOrEqual(overlap);
    }
  });

  it('weigh least at their ends and never nothing', () => {
    expect([...tileRamp(6, 2)]).toEqual([0.25, 0.75, 1, 1, 0.75, 0.25]);
  });
});

describe('cutting and blending', () => {
  const [channels, height, width] = [3, 11, 7];
  const data = Float32Array.from({ length: channels * height * width }, (_, at) => Math.sin(at));

  it('gives back a picture that was cut into overlapping tiles', () => {
    const blend = createBlend(channels, height, width);
    for (const top of tileAxis(height, 5, 2).starts) {
      for (const left of tileAxis(width, 4, 1).starts) {
        const tile = cutTile({ channels, height, width, data }, { top, left, height: 5, width: 4 });
        blend.add(tile, top, left, 1);
      }
    }
    for (const [at, value] of blend.finish().entries()) expect(value).toBeCloseTo(data[at] ?? NaN, 6);
  });

  it('moves over a seam without a step', () => {
    const blend = createBlend(1, 1, 12);
    blend.add({ channels: 1, height: 1, width: 8, data: new Float32Array(8) }, 0, 0, 4);
    blend.add({ channels: 1, height: 1, width: 8, data: new Float32Array(8).fill(1) }, 0, 4, 4);
    const row = [...blend.finish()];
    expect(row.slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(row.slice(8)).toEqual([1, 1, 1, 1]);
    for (const [at, value] of row.slice(1).entries()) {
      expect(value - (row[at] ?? 0)).toBeLessThanOrEqual(0.2501);
      expect(value).toBeGreaterThanOrEqual(row[at] ?? 0);
    }
  });
});
