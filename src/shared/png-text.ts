import { joinBytes, latin1 } from './bytes.ts';
import { AppError } from './errors.ts';

/**
 * Text chunks of a PNG file (PNG specification, third edition, sections 5.3 and 11.3.3): reading and
 * replacing them without touching a pixel.
 */

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;
/** Length, type and CRC around a chunk's data. */
const CHUNK_OVERHEAD = 12;
/** Settings are a few kilobytes; a megabyte is far beyond any text this app or its peers write. */
const MAX_TEXT_BYTES = 1024 * 1024;

export interface PngText {
  readonly keyword: string;
  readonly text: string;
}

interface Chunk {
  readonly type: string;
  readonly byteOffset: number;
  readonly data: Uint8Array;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32 as PNG uses it (annex D), over any number of byte arrays. */
function crc32(...parts: readonly Uint8Array[]): number {
  let crc = 0xffffffff;
  for (const part of parts) {
    for (const byte of part) crc = (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((value, index) => bytes[index] === value);
}

function readChunks(png: Uint8Array): Chunk[] {
  if (!isPng(png)) throw new AppError('bad-image', 'Expected a PNG file, got something else.');
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const chunks: Chunk[] = [];
  let byteOffset: number = SIGNATURE.length;
  while (byteOffset < png.length) {
    const length = byteOffset + CHUNK_OVERHEAD <= png.length ? view.getUint32(byteOffset) : Infinity;
    const end = byteOffset + CHUNK_OVERHEAD + length;
    if (end > png.length) {
      throw new AppError(
        'bad-image',
        'The PNG file ends in the middle of a chunk; it is damaged or cut off.',
      );
    }
    const type = latin1(png.subarray(byteOffset + 4, byteOffset + 8));
    chunks.push({ type, byteOffset, data: png.subarray(byteOffset + 8, end - 4) });
    byteOffset = end;
    if (type === 'IEND') break;
  }
  return chunks;
}

function decodeText(chunk: Chunk): PngText | undefined {
  const { type, data } = chunk;
  if (data.length > MAX_TEXT_BYTES) return undefined;
  const keywordEnd = data.indexOf(0);
  if (keywordEnd < 1) return undefined;
  const keyword = latin1(data.subarray(0, keywordEnd));
  if (type === 'tEXt') return { keyword, text: latin1(data.subarray(keywordEnd + 1)) };
  // iTXt: compression flag and method, then language tag and translated keyword, each ended by a zero.
  // Compressed text is left alone: neither this app nor the peers it reads write it.
  const isCompressed = data[keywordEnd + 1] !== 0;
  const languageEnd = data.indexOf(0, keywordEnd + 3);
  const translatedEnd = data.indexOf(0, languageEnd + 1);
  if (isCompressed || languageEnd < 0 || translatedEnd < 0) return undefined;
  return { keyword, text: new TextDecoder().decode(data.subarray(translatedEnd + 1)) };
}

function isTextChunk(chunk: Chunk): boolean {
  return chunk.type === 'tEXt' || chunk.type === 'iTXt';
}

/** All uncompressed text entries (tEXt, iTXt) in file order; throws AppError 'bad-image' for a damaged file. */
export function readPngText(png: Uint8Array): PngText[] {
  return readChunks(png)
    .filter(isTextChunk)
    .map(decodeText)
    .filter((entry) => entry !== undefined);
}

/** An entry to write; `international` asks for iTXt even where Latin-1 would do (XMP must be iTXt). */
export interface PngTextToWrite extends PngText {
  readonly international?: boolean;
}

function encodeText({ keyword, text, international = false }: PngTextToWrite): Uint8Array {
  const key = new TextEncoder().encode(keyword);
  const isLatin1 = !international && /^[^\u0100-\uffff]*$/.test(text);
  // Readers of other programs look for tEXt first; it holds Latin-1 only.
  const body = isLatin1
    ? Uint8Array.from([0, ...Array.from(text, (character) => character.charCodeAt(0))])
    : Uint8Array.from([0, 0, 0, 0, 0, ...new TextEncoder().encode(text)]);
  const type = new TextEncoder().encode(isLatin1 ? 'tEXt' : 'iTXt');
  const chunk = new Uint8Array(CHUNK_OVERHEAD + key.length + body.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, key.length + body.length);
  chunk.set(type, 4);
  chunk.set(key, 8);
  chunk.set(body, 8 + key.length);
  view.setUint32(chunk.length - 4, crc32(chunk.subarray(4, chunk.length - 4)));
  return chunk;
}

/**
 * The same PNG with these entries right after its header, so that readers find them early; entries with
 * one of the given keywords are replaced, all other chunks stay as they are.
 */
export function writePngText(png: Uint8Array, entries: readonly PngTextToWrite[]): Uint8Array<ArrayBuffer> {
  const keywords = new Set(entries.map((entry) => entry.keyword));
  const chunks = readChunks(png);
  const kept = chunks
    .filter((chunk) => !(isTextChunk(chunk) && keywords.has(decodeText(chunk)?.keyword ?? '')))
    .map((chunk) => png.subarray(chunk.byteOffset, chunk.byteOffset + CHUNK_OVERHEAD + chunk.data.length));
  const [header, ...rest] = kept;
  if (header === undefined) throw new AppError('bad-image', 'The PNG file has no header chunk.');
  return joinBytes([Uint8Array.from(SIGNATURE), header, ...entries.map(encodeText), ...rest]);
}
