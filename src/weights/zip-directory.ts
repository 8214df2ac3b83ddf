import { AppError } from '../shared/errors.ts';
import type { ByteSource } from './types.ts';

/**
 * The directory of a ZIP file whose members are stored without compression, with the 64-bit extension
 * (PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.3): PyTorch's checkpoints are such files.
 */
export interface ZipMember {
  readonly name: string;
  readonly byteLength: number;
  /** Of the local header, which {@link zipDataOffset} reads. */
  readonly headerOffset: number;
  /** The member's bytes, or a part of them. */
  read(byteOffset: number, byteLength: number, signal?: AbortSignal): Promise<Uint8Array>;
}

const END = 0x06054b50;
const END_BYTES = 22;
const END_64 = 0x06064b50;
const END_64_LOCATOR = 0x07064b50;
const LOCATOR_BYTES = 20;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL = 0x04034b50;
/** Bytes of a local header that tell where the member's data begin. */
export const ZIP_LOCAL_BYTES = 30;
const MAX_COMMENT = 0xffff;
/** Says that the real value is in the 64-bit extra field. */
const IN_EXTRA = 0xffffffff;
/** SDXL's U-Net has 1680 tensors, each a member of about 100 bytes here. */
const MAX_DIRECTORY_BYTES = 64 * 1024 * 1024;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function bad(source: ByteSource, fault: string): AppError {
  return new AppError(
    'bad-checkpoint',
    `"${source.name}" is not a sound PyTorch file: ${fault}. Get the file again from where it came from.`,
  );
}

/** Reads the directory; members are read when asked for. Throws AppError 'bad-checkpoint'. */
export async function readZipDirectory(
  source: ByteSource,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, ZipMember>> {
  const { start, byteLength } = await findDirectory(source, signal);
  if (byteLength > MAX_DIRECTORY_BYTES) throw bad(source, `its directory claims ${byteLength} bytes`);
  const bytes = await source.read(start, byteLength, signal);
  const view = viewOf(bytes);
  const members = new Map<string, ZipMember>();
  let at = 0;
  while (at < bytes.length) {
    if (at + ENTRY_BYTES > bytes.length || view.getUint32(at, true) !== ENTRY) {
      throw bad(source, 'its directory is damaged');
    }
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    if (extraEnd > bytes.length) throw bad(source, 'its directory is damaged');
    const name = new TextDecoder().decode(bytes.subarray(at + ENTRY_BYTES, nameEnd));
    if (view.getUint16(at + 10, true) !== 0) throw bad(source, `"${name}" is compressed`);
    const extra = extraValues(bytes.subarray(nameEnd, extraEnd));
    // The extension holds only those values that do not fit, in this order.
    const wide = (field: number): number => {
      const value = view.getUint32(at + field, true);
      return value === IN_EXTRA ? Number(extra.shift() ?? 0n) : value;
    };
    const length = wide(24);
    wide(20);
    const header = wide(42);
    members.set(name, member(source, name, header, length));
    at = extraEnd + view.getUint16(at + 32, true);
  }
  return members;
}

async function findDirectory(
  source: ByteSource,
  signal: AbortSignal | undefined,
): Promise<{ readonly start: number; readonly byteLength: number }> {
  const tailLength = Math.min(source.byteLength, END_BYTES + MAX_COMMENT + LOCATOR_BYTES);
  const tailStart = source.byteLength - tailLength;
  const tail = viewOf(await source.read(tailStart, tailLength, signal));
  let end = tailLength - END_BYTES;
  while (end >= 0 && tail.getUint32(end, true) !== END) end -= 1;
  if (end < 0) throw bad(source, 'it has no ZIP directory (old or other format, or cut off)');
  const locator = end - LOCATOR_BYTES;
  if (locator < 0 || tail.getUint32(locator, true) !== END_64_LOCATOR) {
    return { start: tail.getUint32(end + 16, true), byteLength: tail.getUint32(end + 12, true) };
  }
  const record = viewOf(await source.read(Number(tail.getBigUint64(locator + 8, true)), 56, signal));
  if (record.getUint32(0, true) !== END_64) throw bad(source, 'its directory is damaged');
  return {
    start: Number(record.getBigUint64(48, true)),
    byteLength: Number(record.getBigUint64(40, true)),
  };
}

function extraValues(extra: Uint8Array): bigint[] {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    const count = Math.floor(Math.min(view.getUint16(at + 2, true), extra.length - at - 4) / 8);
    return Array.from({ length: count }, (_, index) => view.getBigUint64(at + 4 + 8 * index, true));
  }
  return [];
}

function member(source: ByteSource, name: string, headerOffset: number, byteLength: number): ZipMember {
  return {
    name,
    byteLength,
    headerOffset,
    async read(byteOffset, length, signal) {
      if (byteOffset + length > byteLength) {
        throw bad(source, `"${name}" has ${byteLength} bytes, ${byteOffset + length} were expected`);
      }
      const local = await source.read(headerOffset, ZIP_LOCAL_BYTES, signal);
      const start = headerOffset + zipDataOffset(source, local);
      return source.read(start + byteOffset, length, signal);
    },
  };
}

/**
 * Bytes from a member's local header to its data: padding for alignment is told there only. Throws
 * AppError 'bad-checkpoint' if the bytes are no local header.
 */
export function zipDataOffset(source: ByteSource, header: Uint8Array): number {
  const local = viewOf(header);
  if (local.getUint32(0, true) !== LOCAL) throw bad(source, 'a member is not where it should be');
  return ZIP_LOCAL_BYTES + local.getUint16(26, true) + local.getUint16(28, true);
}
