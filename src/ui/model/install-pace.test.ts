import { describe, expect, it } from 'vitest';
import { bytesPerSecond, type Pace, secondsToGo, withSample } from './install-pace.ts';

const steady = (seconds: number, perSecond: number): Pace =>
  Array.from({ length: seconds + 1 }, (_, at) => ({ at: 1000 * at, doneBytes: perSecond * at })).reduce<Pace>(
    withSample,
    [],
  );

describe('the pace of an install', () => {
  it('says nothing before there is enough to measure', () => {
    expect(bytesPerSecond([])).toBeNull();
    expect(secondsToGo(steady(1, 100), 1000)).toBeNull();
  });

  it('tells speed and time left of a steady line', () => {
    expect(bytesPerSecond(steady(5, 100))).toBe(100);
    expect(secondsToGo(steady(5, 100), 1500)).toBe(10);
  });

  it('forgets what was long ago', () => {
    const slow = steady(20, 10);
    const last = slow.at(-1);
    if (last === undefined) throw new Error('Expected samples.');
    const fast = Array.from({ length: 16 }, (_, second) => ({
      at: last.at + 1000 * (second + 1),
      doneBytes: last.doneBytes + 1000 * (second + 1),
    })).reduce<Pace>(withSample, slow);
    expect(bytesPerSecond(fast)).toBe(1000);
  });

  it('knows no time left while nothing comes', () => {
    const stalled = [0, 1000, 2000, 3000].map((at) => ({ at, doneBytes: 5 }));
    expect(secondsToGo(stalled, 100)).toBeNull();
  });
});
