import { expect, it } from 'vitest';
import { cropImage } from './crop.ts';
import { rgbaImage } from './rgba-image.ts';

const image = rgbaImage(
  3,
  2,
  Uint8ClampedArray.from({ length: 24 }, (_, index) => index),
);

it('cuts rows and columns out', () => {
  const { width, height, data } = cropImage(image, { x0: 1, y0: 0, x1: 2, y1: 2 });
  expect([width, height]).toEqual([1, 2]);
  expect([...data]).toEqual([4, 5, 6, 7, 16, 17, 18, 19]);
});

it.each([
  { x0: 0, y0: 0, x1: 4, y1: 2 },
  { x0: 1, y0: 1, x1: 1, y1: 2 },
  { x0: -1, y0: 0, x1: 2, y1: 2 },
  { x0: 0.5, y0: 0, x1: 2, y1: 2 },
])('refuses %o', (rect) => {
  expect(() => cropImage(image, rect)).toThrow('inside 3 × 2 pixels');
});
