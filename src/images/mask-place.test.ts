import { expect, it } from 'vitest';
import { placeMask } from './mask-place.ts';
import { fullMask, type Mask } from './mask.ts';

const mask = (width: number, values: readonly number[]): Mask => ({
  width,
  height: values.length / width,
  data: Uint8ClampedArray.from(values),
});

it('puts what was found where it was looked for, and keeps nothing outside', () => {
  const whole = fullMask(4, 3);
  placeMask(whole, mask(2, [10, 20, 30, 40]), { x0: 1, y0: 1, x1: 3, y1: 3 });
  expect([...whole.data]).toEqual([0, 0, 0, 0, 0, 10, 20, 0, 0, 30, 40, 0]);
});

it('fits a mask of another size, edges softened by the filter and nothing beyond 0 and 255', () => {
  const whole = fullMask(8, 2);
  placeMask(whole, mask(4, [0, 0, 255, 255]), { x0: 0, y0: 0, x1: 8, y1: 2 });
  const row = [...whole.data.subarray(0, 8)];
  expect(row.slice(0, 2)).toEqual([0, 0]);
  expect(row.slice(6)).toEqual([255, 255]);
  // Half way between the two, the edge is half kept.
  expect((row[3] ?? 0) + (row[4] ?? 0)).toBeCloseTo(255, -1);
  expect([...whole.data.subarray(8)]).toEqual(row);
});
