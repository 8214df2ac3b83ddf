import { AppError } from '../shared/errors.ts';

/** A picture in memory: 8 bits a channel, R, G, B, A (not premultiplied), rows from the top. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  /** width · height · 4 values. */
  readonly data: Uint8ClampedArray;
}

/** Throws AppError 'bad-image' unless the data is exactly the picture. */
export function rgbaImage(width: number, height: number, data: Uint8ClampedArray): RgbaImage {
  const whole = Number.isSafeInteger(width) && Number.isSafeInteger(height) && width > 0 && height > 0;
  if (!whole || data.length !== width * height * 4) {
    throw new AppError(
      'bad-image',
      `A picture of ${width} × ${height} pixels has ${width * height * 4} values, got ${data.length}.`,
    );
  }
  return { width, height, data };
}

/**
 * The picture without transparency, over a background (black by default: MS-Diffusion is trained on
 * objects cut out before black). An opaque picture comes out unchanged.
 */
export function flatten(
  image: RgbaImage,
  background: readonly [number, number, number] = [0, 0, 0],
): RgbaImage {
  const data = new Uint8ClampedArray(image.data.length);
  for (let index = 0; index < data.length; index += 4) {
    const alpha = (image.data[index + 3] ?? 0) / 255;
    for (const [channel, behind] of background.entries()) {
      data[index + channel] = (image.data[index + channel] ?? 0) * alpha + behind * (1 - alpha);
    }
    data[index + 3] = 255;
  }
  return { width: image.width, height: image.height, data };
}
