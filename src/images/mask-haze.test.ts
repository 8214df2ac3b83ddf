import { expect, it } from 'vitest';
import { clearHaze } from './mask-haze.ts';

it('takes what is nearly gone or nearly kept to the end, and leaves soft edges soft', () => {
  const data = Uint8ClampedArray.of(0, 10, 12, 38, 128, 217, 243, 250, 255);
  const cleared = clearHaze({ width: 9, height: 1, data });
  // (38 − 12.75) / 229.5 · 255 = 28.06, and the same from the other end.
  expect([...cleared.data]).toEqual([0, 0, 0, 28, 128, 227, 255, 255, 255]);
  expect(data[1]).toBe(10);
});
