import { rgbaImage, type RgbaImage } from '../../src/images/rgba-image.ts';
import { hashString } from '../../src/shared/random.ts';

const PHOTO_SIDE = 48;

/** A picture that differs with its name: the harness has no files. */
export function paintedPhoto(name: string): RgbaImage {
  const tint = hashString(name) % 256;
  const data = new Uint8ClampedArray(4 * PHOTO_SIDE * PHOTO_SIDE);
  for (let index = 0; index < PHOTO_SIDE * PHOTO_SIDE; index += 1) {
    const x = index % PHOTO_SIDE;
    const y = Math.floor(index / PHOTO_SIDE);
    data.set([(x * 5 + tint) % 256, (y * 5) % 256, (x + y + tint) % 256, 255], 4 * index);
  }
  return rgbaImage(PHOTO_SIDE, PHOTO_SIDE, data);
}
