import { AppError } from '../shared/errors.ts';
import type { RgbaImage } from './rgba-image.ts';

/** What of a picture is kept: 255 all of a pixel, 0 nothing; rows from the top. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  /** width · height values. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

export const KEPT = 255;
export const GONE = 0;

/** A mask that keeps everything. */
export function fullMask(width: number, height: number): Mask {
  return { width, height, data: new Uint8ClampedArray(width * height).fill(KEPT) };
}

/** The mask stored as a grey picture: its red channel. */
export function maskFromImage({ width, height, data }: RgbaImage): Mask {
  const mask = new Uint8ClampedArray(width * height);
  for (let at = 0; at < mask.length; at += 1) mask[at] = data[at * 4] ?? GONE;
  return { width, height, data: mask };
}

/** A mask as an opaque grey picture, the form it is stored in. */
export function maskToImage({ width, height, data }: Mask): RgbaImage {
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let at = 0; at < data.length; at += 1) {
    const value = data[at] ?? GONE;
    pixels[at * 4] = value;
    pixels[at * 4 + 1] = value;
    pixels[at * 4 + 2] = value;
    pixels[at * 4 + 3] = 255;
  }
  return { width, height, data: pixels };
}

/** The part of the picture that is kept, 0..1. */
export function keptShare({ data }: Mask): number {
  let sum = 0;
  for (const value of data) sum += value;
  return sum / (KEPT * data.length);
}

/**
 * The picture with its transparency multiplied by the mask of the same size; colours stay. Throws AppError
 * 'internal' where the sizes differ.
 */
export function applyMask(image: RgbaImage, mask: Mask): RgbaImage {
  if (image.width !== mask.width || image.height !== mask.height) {
    throw new AppError(
      'internal',
      `A mask of ${mask.width} × ${mask.height} does not fit a picture of ${image.width} × ${image.height}.`,
    );
  }
  const data = image.data.slice();
  for (let at = 0; at < mask.data.length; at += 1) {
    const alpha = at * 4 + 3;
    data[alpha] = ((data[alpha] ?? 0) * (mask.data[at] ?? GONE)) / KEPT;
  }
  return { width: image.width, height: image.height, data };
}
