import { AppError } from '../shared/errors.ts';
import type { RgbaImage } from './rgba-image.ts';

/** Corners in whole pixels; the far ones are outside the rectangle. */
export interface PixelRect {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** The pixels of a rectangle. Throws AppError 'bad-image' if it is empty or not inside the picture. */
export function cropImage(image: RgbaImage, { x0, y0, x1, y1 }: PixelRect): RgbaImage {
  const whole = [x0, y0, x1, y1].every(Number.isInteger);
  if (!whole || x0 < 0 || y0 < 0 || x1 > image.width || y1 > image.height || x0 >= x1 || y0 >= y1) {
    throw new AppError(
      'bad-image',
      `Expected a rectangle inside ${image.width} × ${image.height} pixels, got (${x0}, ${y0}) to (${x1}, ${y1}).`,
    );
  }
  const [width, height] = [x1 - x0, y1 - y0];
  const data = new Uint8ClampedArray(width * height * 4);
  for (let row = 0; row < height; row += 1) {
    const start = ((y0 + row) * image.width + x0) * 4;
    data.set(image.data.subarray(start, start + width * 4), row * width * 4);
  }
  return { width, height, data };
}
