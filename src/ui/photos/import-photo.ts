import { AppError } from '../../shared/errors.ts';
import { type PhotoRef } from '../model/editor.ts';
import { keepPhoto } from '../storage/photo-store.ts';
import { HEADER_BYTES, readImageHeader } from './image-header.ts';

/** Larger photos hold no more for the encoders and may not decode; the largest cameras stay below. */
export const MOST_MEGAPIXELS = 50;
const SMALLEST_SIDE = 16;

/** Lower-case hex SHA-256; the digest runs off the main thread. */
export async function sha256Of(blob: Blob): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export interface ImportedPhoto {
  readonly photo: PhotoRef;
  /** False where the browser will forget the photo with this visit. */
  readonly kept: boolean;
}

/**
 * Checks a file and keeps it by its hash. Throws AppError 'bad-image' for what is no picture, too large,
 * too small, or broken.
 */
export async function importPhoto(blob: Blob, name: string): Promise<ImportedPhoto> {
  const head = new Uint8Array(await blob.slice(0, HEADER_BYTES).arrayBuffer());
  const { size } = readImageHeader(head, name);
  if (size !== null) checkSize(size.width, size.height, name);
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob);
  } catch (cause) {
    throw new AppError(
      'bad-image',
      `“${name}” looks like a picture but does not open: the file is damaged or cut off. Save it again and retry.`,
      { cause },
    );
  }
  const { width, height } = bitmap;
  bitmap.close();
  checkSize(width, height, name);
  const sha256 = await sha256Of(blob);
  const kept = await keepPhoto({ sha256, name, blob });
  return { photo: { sha256, name }, kept };
}

function checkSize(width: number, height: number, name: string): void {
  if (width * height > MOST_MEGAPIXELS * 1e6) {
    throw new AppError(
      'bad-image',
      `“${name}” is ${width} × ${height} pixels; up to ${MOST_MEGAPIXELS} megapixels fit. Make it smaller and retry.`,
    );
  }
  if (Math.min(width, height) < SMALLEST_SIDE) {
    throw new AppError(
      'bad-image',
      `“${name}” is only ${width} × ${height} pixels: too small to know an object by. Use a photo of at least ${SMALLEST_SIDE} × ${SMALLEST_SIDE}.`,
    );
  }
}
