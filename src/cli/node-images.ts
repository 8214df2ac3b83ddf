import { createCanvas, ImageData, loadImage } from '@napi-rs/canvas';
import { type RgbaImage, rgbaImage } from '../images/rgba-image.ts';
import { AppError } from '../shared/errors.ts';

/** Decodes a picture file (JPEG, PNG, WebP), EXIF orientation applied; throws AppError 'bad-image'. */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<RgbaImage> {
  const image = await loadImage(Buffer.from(bytes)).catch((cause: unknown) => {
    throw new AppError('bad-image', `${name} cannot be read as a picture. Use a JPEG, PNG or WebP file.`, {
      cause,
    });
  });
  const context = createCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  return rgbaImage(image.width, image.height, Uint8ClampedArray.from(data));
}

/** RGBA pixels as a PNG file. */
export function encodePng({ width, height, data }: RgbaImage): Uint8Array {
  const canvas = createCanvas(width, height);
  canvas.getContext('2d').putImageData(new ImageData(Uint8ClampedArray.from(data), width, height), 0, 0);
  return new Uint8Array(canvas.toBuffer('image/png'));
}
