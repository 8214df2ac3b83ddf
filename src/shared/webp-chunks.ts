import { joinBytes, latin1 } from './bytes.ts';
import { AppError } from './errors.ts';
import { webpSize } from './image-header.ts';

/** Metadata chunks of a WebP file (RFC 9649, section 2.7): reading and replacing them without touching a pixel. */

const FILE_HEADER = 12;
const CHUNK_HEADER = 8;
/** Flags of the extended header. */
const FLAG_ALPHA = 0x10;
const FLAG_EXIF = 0x08;
const FLAG_XMP = 0x04;
const EXTENDED_BYTES = 10;
/** Place of the bit that says whether lossless pixels use transparency. */
const LOSSLESS_ALPHA_BYTE = 24;
const LOSSLESS_ALPHA_BIT = 0x10;

export const EXIF_CHUNK = 'EXIF';
export const XMP_CHUNK = 'XMP ';

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

export function isWebp(bytes: Uint8Array): boolean {
  return latin1(bytes.subarray(0, 4)) === 'RIFF' && latin1(bytes.subarray(8, 12)) === 'WEBP';
}

function readChunks(webp: Uint8Array): readonly Chunk[] {
  if (!isWebp(webp)) throw new AppError('bad-image', 'Expected a WebP file, got something else.');
  const view = new DataView(webp.buffer, webp.byteOffset, webp.byteLength);
  const chunks: Chunk[] = [];
  let at = FILE_HEADER;
  while (at + CHUNK_HEADER <= webp.length) {
    const end = at + CHUNK_HEADER + view.getUint32(at + 4, true);
    if (end > webp.length) {
      throw new AppError('bad-image', 'The WebP file ends inside a chunk; it is damaged or cut off.');
    }
    chunks.push({ type: latin1(webp.subarray(at, at + 4)), data: webp.subarray(at + CHUNK_HEADER, end) });
    // Chunks start at even places.
    at = end + (end % 2);
  }
  return chunks;
}

/** The data of the first chunk of that type, or undefined; throws AppError 'bad-image' for a damaged file. */
export function readWebpChunk(webp: Uint8Array, type: string): Uint8Array | undefined {
  return readChunks(webp).find((chunk) => chunk.type === type)?.data;
}

function encodeChunk({ type, data }: Chunk): Uint8Array {
  const bytes = new Uint8Array(CHUNK_HEADER + data.length + (data.length % 2));
  bytes.set(new TextEncoder().encode(type));
  new DataView(bytes.buffer).setUint32(4, data.length, true);
  bytes.set(data, CHUNK_HEADER);
  return bytes;
}

/** The extended header that a file with metadata needs; made anew for a simple file. */
function extendedHeader(webp: Uint8Array, chunks: readonly Chunk[]): Uint8Array {
  const header = new Uint8Array(EXTENDED_BYTES);
  const existing = chunks.find(({ type }) => type === 'VP8X')?.data;
  if (existing === undefined) {
    const type = chunks[0]?.type ?? '';
    const view = new DataView(webp.buffer, webp.byteOffset, webp.byteLength);
    const { width, height } = webpSize(view, type);
    const usesAlpha = type === 'VP8L' && (view.getUint8(LOSSLESS_ALPHA_BYTE) & LOSSLESS_ALPHA_BIT) !== 0;
    // Flags, 24 reserved bits, then width and height less one in 24 bits each, smallest byte first.
    header.set([usesAlpha ? FLAG_ALPHA : 0, 0, 0, 0, ...little24(width - 1), ...little24(height - 1)]);
  } else {
    header.set(existing.subarray(0, EXTENDED_BYTES));
  }
  header[0] = (header[0] ?? 0) | FLAG_EXIF | FLAG_XMP;
  return header;
}

function little24(value: number): readonly number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff];
}

/** The same WebP in the extended layout with this EXIF block and this XMP packet; earlier ones are replaced. */
export function writeWebpMetadata(
  webp: Uint8Array,
  exif: Uint8Array,
  xmp: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const chunks = readChunks(webp);
  const replaced = new Set(['VP8X', EXIF_CHUNK, XMP_CHUNK]);
  const body = joinBytes(
    [
      { type: 'VP8X', data: extendedHeader(webp, chunks) },
      ...chunks.filter(({ type }) => !replaced.has(type)),
      { type: EXIF_CHUNK, data: exif },
      { type: XMP_CHUNK, data: xmp },
    ].map(encodeChunk),
  );
  const head = new Uint8Array(FILE_HEADER);
  head.set(webp.subarray(0, FILE_HEADER));
  new DataView(head.buffer).setUint32(4, body.length + 4, true);
  return joinBytes([head, body]);
}
