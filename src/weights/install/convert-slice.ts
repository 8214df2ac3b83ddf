import { encodeInto, type EncodedRows, type Encoding, roomFor, rowsOf } from '../encode-tensor.ts';
import { addLowRank, type LowRank } from '../lora-merge.ts';
import { transposeBytes } from '../quantize.ts';
import { DTYPE_BYTES } from '../safetensors.ts';
import { floatsOf } from '../tensor-values.ts';
import type { CheckpointDtype, ParameterSpec } from '../types.ts';

/** Whole rows of a tensor on their way from a checkpoint into a pack. */
export interface Slice {
  readonly spec: ParameterSpec;
  readonly encoding: Encoding;
  /** The tensor's name in the checkpoint, for messages. */
  readonly name: string;
  readonly dtype: CheckpointDtype;
  readonly bytes: Uint8Array;
  /** Row of the tensor that `bytes` begins with. */
  readonly firstRow: number;
  /** `bytes` are the whole tensor, [columns, rows]. */
  readonly transposed: boolean;
  readonly merges: readonly LowRank[];
}

/** Turns slices into stored bytes: here, or in threads of their own. */
export interface SliceConverter {
  convert(slice: Slice): Promise<EncodedRows>;
}

/** Numbers that are between decoding and encoding at once, in whole rows: few enough to stay in the cache. */
const CACHED_VALUES = 8192;

/** Throws AppError 'bad-checkpoint' for values that are not finite, or beyond float16 where they must be halves. */
export function convertSlice(slice: Slice): EncodedRows {
  const { spec, encoding, name, dtype, bytes, firstRow, transposed, merges } = slice;
  const { rows, columns } = rowsOf(spec);
  const ordered = transposed ? transposeBytes(bytes, columns, rows, DTYPE_BYTES[dtype]) : bytes;
  const rowBytes = columns * DTYPE_BYTES[dtype];
  const count = ordered.length / rowBytes;
  const target = roomFor(spec, encoding, count);
  const step = Math.max(1, Math.floor(CACHED_VALUES / columns));
  const scratch = new Float32Array(step * columns);
  for (let row = 0; row < count; row += step) {
    const part = ordered.subarray(row * rowBytes, (row + step) * rowBytes);
    const values = floatsOf(name, dtype, part, (firstRow + row) * columns, scratch);
    for (const lowRank of merges) addLowRank(values, columns, firstRow + row, lowRank);
    encodeInto(target, spec, encoding, values, row);
  }
  return target;
}

/** Converts in the caller's own thread. */
export const INLINE_CONVERTER: SliceConverter = {
  convert: (slice) => Promise.resolve().then(() => convertSlice(slice)),
};
