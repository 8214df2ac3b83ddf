import { AppError } from './errors.ts';

export type ImageFormat = 'png' | 'jpeg' | 'webp' | 'avif' | 'gif';

export interface ImageHeader {
  readonly format: ImageFormat;
  /** Pixels as stored, before any EXIF rotation; null where the format hides them too deep to look for. */
  readonly size: { readonly width: number; readonly height: number } | null;
}

/** Bytes worth reading: JPEG puts its size behind EXIF and colour profiles, which stay below 64 KiB each. */
export const HEADER_BYTES = 256 * 1024;

const text = (bytes: Uint8Array, from: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(from, from + length));

/**
 * Format and size from the first bytes of a file, so that a picture of any size is judged before it is
 * decoded. Throws AppError 'bad-image' naming the file if it is none of the formats.
 */
export function readImageHeader(bytes: Uint8Array, fileName: string): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (text(bytes, 0, 4) === '\x89PNG' && bytes.length >= 24) {
    return { format: 'png', size: { width: view.getUint32(16), height: view.getUint32(20) } };
  }
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return { format: 'jpeg', size: jpegSize(view) };
  if (text(bytes, 0, 4) === 'RIFF' && text(bytes, 8, 4) === 'WEBP' && bytes.length >= 30) {
    return { format: 'webp', size: webpSize(view, text(bytes, 12, 4)) };
  }
  if (text(bytes, 0, 4) === 'GIF8' && bytes.length >= 10) {
    return { format: 'gif', size: { width: view.getUint16(6, true), height: view.getUint16(8, true) } };
  }
  if (text(bytes, 4, 4) === 'ftyp' && /avi[fs]/.test(text(bytes, 8, 24))) {
    return { format: 'avif', size: avifSize(bytes, view) };
  }
  throw new AppError(
    'bad-image',
    `“${fileName}” is not a picture this app can read. Use a JPEG, PNG, WebP or AVIF file.`,
  );
}

/** Start-of-frame markers carry the size; C4, C8 and CC look alike but are tables (ITU T.81, table B.1). */
function jpegSize(view: DataView): ImageHeader['size'] {
  let at = 2;
  while (at + 9 < view.byteLength) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

/** Size of a WebP file by its first chunk, at least 30 bytes (RFC 9649): extended, lossless, lossy. */
export function webpSize(view: DataView, chunk: string): NonNullable<ImageHeader['size']> {
  if (chunk === 'VP8X') {
    const width = view.getUint32(24, true) & 0xffffff;
    const height = view.getUint32(26, true) >>> 8;
    return { width: width + 1, height: height + 1 };
  }
  if (chunk === 'VP8L') {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}

/** The first `ispe` property (ISO/IEC 23008-12) of the file. */
function avifSize(bytes: Uint8Array, view: DataView): ImageHeader['size'] {
  for (let at = 0; at + 16 <= bytes.length; at += 1) {
    if (bytes[at] === 0x69 && text(bytes, at, 4) === 'ispe') {
      return { width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
    }
  }
  return null;
}
