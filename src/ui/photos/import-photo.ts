import { AppError } from '../../shared/errors.ts';
import { type PhotoCalls } from '../../workers/photo-protocol.ts';
import { type PhotoRef } from '../model/editor.ts';
import { keepPhoto } from '../storage/photo-store.ts';
import { askPhotoWorker } from './photo-service.ts';
import { HEADER_BYTES, readImageHeader } from '../../shared/image-header.ts';

/** Larger photos hold no more for the encoders and may not decode; the largest cameras stay below. */
export const MOST_MEGAPIXELS = 50;
const SMALLEST_SIDE = 16;
/** Longest side of a photo on the page: larger ones cost memory at every place they are shown. */
const DISPLAY_SIDE = 1280;

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
 * Checks a file and keeps it by its hash. Throws AppError 'bad-image' for what is no still picture, too
 * large, too small, or broken.
 */
export async function importPhoto(blob: Blob, name: string): Promise<ImportedPhoto> {
  const head = new Uint8Array(await blob.slice(0, HEADER_BYTES).arrayBuffer());
  const { format, size } = readImageHeader(head, name);
  if (format === 'gif') {
    throw new AppError(
      'bad-image',
      `“${name}” is a GIF, which may move; an object is known by a still picture. Use a JPEG, PNG, WebP or AVIF file.`,
    );
  }
  if (size !== null) checkSize(size.width, size.height, name);
  const { width, height, display } = await inspect(blob, name);
  checkSize(width, height, name);
  return keepNewPhoto(blob, name, display);
}

/** Keeps a photo that needs no check, by its hash; `display` is a smaller one to show. */
export async function keepNewPhoto(
  blob: Blob,
  name: string,
  display: Blob | null = null,
): Promise<ImportedPhoto> {
  const sha256 = await sha256Of(blob);
  const kept = await keepPhoto({ sha256, name, blob, ...(display === null ? {} : { display }) });
  return { photo: { sha256, name }, kept };
}

/** True for a file that begins as a picture does, whatever it is called. */
export async function looksLikePicture(file: File): Promise<boolean> {
  try {
    readImageHeader(new Uint8Array(await file.slice(0, HEADER_BYTES).arrayBuffer()), file.name);
    return true;
  } catch {
    // The refusal is the answer.
    return false;
  }
}

/** Opens the photo in the worker: 50 megapixels are 200 MB. */
async function inspect(blob: Blob, name: string): Promise<PhotoCalls['inspect']['result']> {
  try {
    return await askPhotoWorker('inspect', { file: blob, displaySide: DISPLAY_SIDE });
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code !== 'bad-image') throw cause;
    throw new AppError(
      'bad-image',
      `“${name}” looks like a picture but does not open: the file is damaged or cut off. Save it again and retry.`,
      { cause },
    );
  }
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
