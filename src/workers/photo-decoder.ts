import { type RgbaImage, rgbaImage } from '../images/rgba-image.ts';
import { AppError } from '../shared/errors.ts';
import { type Box } from '../shared/request.ts';
import { openPixelCanvas } from './pixel-canvas.ts';
import type { PhotoFacts } from './protocol.ts';

/**
 * Longest side that is kept. The encoders see 512² at most, so more pixels cost memory (67 MB here) and
 * change nothing visible; phone photos of 12 megapixels stay whole.
 */
const MAX_SIDE = 4096;

export interface DecodeOptions {
  /** Longest side of the result; larger photos are made smaller. */
  readonly maxSide?: number;
  /** The part to read, 0..1 of the photo as it is seen; null or absent is all of it. */
  readonly crop?: Box | null;
  /** The size of the result, whatever the photo's. */
  readonly exactly?: { readonly width: number; readonly height: number };
}

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

/** The pixels of a photo or of a part of it, EXIF orientation applied; throws AppError 'bad-image'. */
export async function decodePhoto(file: Blob, options: DecodeOptions = {}): Promise<RgbaImage> {
  const { maxSide = MAX_SIDE, crop, exactly } = options;
  const bitmap = await decode(file);
  try {
    const [x0, y0, x1, y1] = crop ?? [0, 0, 1, 1];
    const left = Math.round(x0 * bitmap.width);
    const top = Math.round(y0 * bitmap.height);
    const cropWidth = Math.max(1, Math.round(x1 * bitmap.width) - left);
    const cropHeight = Math.max(1, Math.round(y1 * bitmap.height) - top);
    const scale = Math.min(1, maxSide / Math.max(cropWidth, cropHeight));
    const width = exactly?.width ?? Math.max(1, Math.round(cropWidth * scale));
    const height = exactly?.height ?? Math.max(1, Math.round(cropHeight * scale));
    const { context } = openPixelCanvas(width, height);
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, left, top, cropWidth, cropHeight, 0, 0, width, height);
    return rgbaImage(width, height, context.getImageData(0, 0, width, height).data);
  } finally {
    bitmap.close();
  }
}
