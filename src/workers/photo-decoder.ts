import { type RgbaImage, rgbaImage } from '../images/rgba-image.ts';
import { AppError } from '../shared/errors.ts';
import type { PhotoFacts } from './protocol.ts';

/**
 * Longest side that is kept. The encoders see 512² at most, so more pixels cost memory (67 MB here) and
 * change nothing visible; phone photos of 12 megapixels stay whole.
 */
const MAX_SIDE = 4096;

async function decode(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch (cause) {
    throw new AppError(
      'bad-image',
      `The photo cannot be read${file.type === '' ? '' : ` (${file.type})`}. Use a JPEG, PNG or WebP file.`,
      { cause },
    );
  }
}

/** Width and height of a photo as it is seen, EXIF orientation applied; throws AppError 'bad-image'. */
export async function inspectPhoto(file: Blob): Promise<PhotoFacts> {
  const bitmap = await decode(file);
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}

/** The pixels of a photo, EXIF orientation applied, at most 4096 on a side; throws AppError 'bad-image'. */
export async function decodePhoto(file: Blob): Promise<RgbaImage> {
  const bitmap = await decode(file);
  try {
    const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
    const width = Math.max(1, Math.round(bitmap.width * scale));
    const height = Math.max(1, Math.round(bitmap.height * scale));
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (context === null) throw new AppError('internal', 'This browser gives no 2D canvas in workers.');
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, width, height);
    return rgbaImage(width, height, context.getImageData(0, 0, width, height).data);
  } finally {
    bitmap.close();
  }
}
