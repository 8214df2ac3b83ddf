import { z } from 'zod';
import { AppError, messageOf } from '../shared/errors.ts';
import type { ByteSource, Checkpoint, CheckpointDtype, CheckpointTensor } from './types.ts';

/**
 * The safetensors format: 8 bytes of header length, a JSON header, then the data. The header of SDXL's
 * U-Net is about 0.2 MB; safetensors' own reader stops at 100 MB, and so does this one.
 */
const MAX_HEADER_BYTES = 100_000_000;

/** Bytes of one element. */
export const DTYPE_BYTES: Readonly<Record<CheckpointDtype, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

const size = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const entrySchema = z.object({
  dtype: z.enum(['F64', 'F32', 'F16', 'BF16', 'I64', 'I32', 'I16', 'I8', 'U8', 'BOOL']),
  shape: z.array(size).max(16),
  data_offsets: z.tuple([size, size]),
});
type Entry = z.infer<typeof entrySchema>;
const headerSchema = z.record(z.string(), z.unknown());
const metadataSchema = z.record(z.string(), z.string());

function refuse(source: ByteSource, what: string, cause?: unknown): AppError {
  return new AppError(
    'bad-checkpoint',
    `"${source.name}" is not a sound safetensors file: ${what}. Get the file again from where it came from.`,
    { cause },
  );
}

async function readHeader(source: ByteSource, signal: AbortSignal | undefined) {
  if (source.byteLength < 8) throw refuse(source, `it has ${source.byteLength} bytes, less than a header`);
  const head = await source.read(0, 8, signal);
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES) || length > BigInt(source.byteLength - 8)) {
    throw refuse(source, `its header claims ${length.toString()} bytes, the file has ${source.byteLength}`);
  }
  const text = new TextDecoder('utf-8', { fatal: true });
  try {
    const parsed: unknown = JSON.parse(text.decode(await source.read(8, Number(length), signal)));
    return { header: headerSchema.parse(parsed), dataStart: 8 + Number(length) };
  } catch (thrown) {
    throw refuse(source, `its header cannot be read (${messageOf(thrown)})`, thrown);
  }
}

function checkEntry(source: ByteSource, name: string, value: unknown, dataBytes: number): Entry {
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) {
    throw refuse(source, `tensor "${name}": ${z.prettifyError(parsed.error)}`, parsed.error);
  }
  const { dtype, shape, data_offsets: offsets } = parsed.data;
  const [begin, end] = offsets;
  const bytes = shape.reduce((product, extent) => product * extent, DTYPE_BYTES[dtype]);
  if (end < begin || end > dataBytes) {
    throw refuse(source, `tensor "${name}" lies at bytes ${begin} to ${end} of ${dataBytes}`);
  }
  if (bytes !== end - begin) {
    throw refuse(
      source,
      `tensor "${name}" is ${dtype} [${shape.join(', ')}], ${bytes} bytes, but has ${end - begin}`,
    );
  }
  return parsed.data;
}

/** The data must be tiled by the tensors: no byte in two of them, none left over. */
function checkTiling(source: ByteSource, entries: ReadonlyMap<string, Entry>, dataBytes: number): void {
  const ordered = [...entries].sort(
    ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  let end = 0;
  for (const [name, { data_offsets: offsets }] of ordered) {
    if (offsets[0] !== end) {
      throw refuse(source, `tensor "${name}" begins at byte ${offsets[0]}, the one before it ends at ${end}`);
    }
    end = offsets[1];
  }
  if (end !== dataBytes) throw refuse(source, `its tensors end at byte ${end}, its data at ${dataBytes}`);
}

/**
 * Opens a safetensors file; reads the header only. Throws AppError 'bad-checkpoint' naming the file and
 * the tensor if sizes, offsets, types or shapes do not agree.
 */
export async function openSafetensors(source: ByteSource, signal?: AbortSignal): Promise<Checkpoint> {
  const { header, dataStart } = await readHeader(source, signal);
  const dataBytes = source.byteLength - dataStart;
  const { __metadata__: rawMetadata = {}, ...rawTensors } = header;
  const metadata = metadataSchema.safeParse(rawMetadata);
  if (!metadata.success) throw refuse(source, '__metadata__ is not a table of texts', metadata.error);
  const entries = new Map(
    Object.entries(rawTensors).map(([name, value]) => [name, checkEntry(source, name, value, dataBytes)]),
  );
  checkTiling(source, entries, dataBytes);
  const tensors = new Map<string, CheckpointTensor>();
  for (const [name, { dtype, shape, data_offsets: offsets }] of entries) {
    const [begin, end] = offsets;
    tensors.set(name, {
      name,
      dtype,
      shape,
      place: { source, byteOffset: dataStart + begin, byteLength: end - begin },
      read: (readSignal) => source.read(dataStart + begin, end - begin, readSignal),
    });
  }
  return { name: source.name, tensors, metadata: metadata.data };
}

export interface SafetensorsInput {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A whole float32 safetensors file with tensors in the given order; the data begins at a multiple of 8. */
export function encodeSafetensors(tensors: ReadonlyMap<string, SafetensorsInput>): Uint8Array {
  let offset = 0;
  const entries = [...tensors].map(([name, { shape, data }]) => {
    const begin = offset;
    offset += data.byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, offset] }] as const;
  });
  const text = JSON.stringify(Object.fromEntries(entries));
  const header = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const bytes = new Uint8Array(8 + header.byteLength + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.byteLength), true);
  bytes.set(header, 8);
  let position = 8 + header.byteLength;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}
