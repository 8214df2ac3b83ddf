import { AppError } from '../shared/errors.ts';
import type { ByteSource } from './types.ts';

/** Throws AppError 'bad-checkpoint' if the range does not lie inside the source. */
export function checkRange(name: string, size: number, byteOffset: number, byteLength: number): void {
  const whole = Number.isSafeInteger(byteOffset) && Number.isSafeInteger(byteLength);
  if (whole && byteOffset >= 0 && byteLength >= 0 && byteOffset + byteLength <= size) return;
  throw new AppError(
    'bad-checkpoint',
    `"${name}" has ${size} bytes, but bytes ${byteOffset} to ${byteOffset + byteLength} were asked for. ` +
      'The file is cut short or its header is wrong; get it again.',
  );
}

/** Bytes that are already in memory. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    byteLength: bytes.byteLength,
    read(byteOffset, byteLength) {
      checkRange(name, bytes.byteLength, byteOffset, byteLength);
      return Promise.resolve(bytes.slice(byteOffset, byteOffset + byteLength));
    },
  };
}

/** A file the user chose or dropped. */
export function blobSource(name: string, blob: Blob): ByteSource {
  return {
    name,
    byteLength: blob.size,
    version: blob instanceof File ? String(blob.lastModified) : undefined,
    async read(byteOffset, byteLength) {
      checkRange(name, blob.size, byteOffset, byteLength);
      return new Uint8Array(await blob.slice(byteOffset, byteOffset + byteLength).arrayBuffer());
    },
  };
}
