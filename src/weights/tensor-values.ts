import { AppError } from '../shared/errors.ts';
import { bfloatsToFloats } from './half.ts';
import { decodeHalves } from './kernels.ts';
import { DTYPE_BYTES } from './safetensors.ts';
import type { CheckpointDtype, CheckpointTensor } from './types.ts';

/** The same bytes where typed arrays of their elements may lie: these need their element's alignment. */
function aligned(bytes: Uint8Array, dtype: CheckpointDtype): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  return byteOffset % DTYPE_BYTES[dtype] === 0 && buffer instanceof ArrayBuffer
    ? new Uint8Array(buffer, byteOffset, byteLength)
    : new Uint8Array(bytes);
}

/**
 * Whether bfloat16 patterns hold an infinity or NaN: every exponent bit set. Integers, and no branch per value: checkpoints
 * have billions.
 */
function anyNonFiniteBfloat(bits: Uint16Array): boolean {
  let seen = 0;
  for (let at = 0; at < bits.length; at += 1) seen |= ((bits[at] ?? 0) & 0x7fff) + 0x80;
  return (seen & 0x8000) !== 0;
}

/** The same of float32: the sum reaches the sign bit. */
function anyNonFinite32(values: Float32Array): boolean {
  const patterns = new Int32Array(values.buffer, values.byteOffset, values.length);
  let seen = 0;
  for (let at = 0; at < patterns.length; at += 1) seen |= ((patterns[at] ?? 0) & 0x7fffffff) + 0x00800000;
  return seen < 0;
}

interface Converted {
  readonly values: Float32Array<ArrayBuffer>;
  readonly isFinite: boolean;
}

function convert(
  name: string,
  dtype: CheckpointDtype,
  bytes: Uint8Array,
  scratch: Float32Array<ArrayBuffer> | undefined,
): Converted {
  const { buffer, byteOffset, byteLength } = aligned(bytes, dtype);
  const length = byteLength / DTYPE_BYTES[dtype];
  switch (dtype) {
    case 'F16': {
      const bits = new Uint16Array(buffer, byteOffset, length);
      const values = scratch?.subarray(0, length) ?? new Float32Array(length);
      return { values, isFinite: decodeHalves(bits, values) };
    }
    case 'BF16': {
      const bits = new Uint16Array(buffer, byteOffset, length);
      return { values: bfloatsToFloats(bits), isFinite: !anyNonFiniteBfloat(bits) };
    }
    case 'F32':
    case 'F64': {
      // A float64 may be finite and too large for float32: the result is what counts.
      const values =
        dtype === 'F32'
          ? new Float32Array(buffer, byteOffset, length)
          : Float32Array.from(new Float64Array(buffer, byteOffset, length));
      return { values, isFinite: !anyNonFinite32(values) };
    }
    case 'I64':
    case 'I32':
    case 'I16':
    case 'I8':
    case 'U8':
    case 'BOOL':
      throw new AppError(
        'bad-checkpoint',
        `Tensor "${name}" holds ${dtype} values where real numbers were expected.`,
      );
  }
}

/**
 * Raw bytes of a tensor, or of a part that begins at element `start`, as float32. Throws AppError
 * 'bad-checkpoint' for integers, NaN and infinities. The bytes may be taken over; of halves the numbers come
 * to lie in `scratch`, if one is given: with new memory for each part, its pages cost more than the numbers.
 */
export function floatsOf(
  name: string,
  dtype: CheckpointDtype,
  bytes: Uint8Array,
  start = 0,
  scratch?: Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  const { values, isFinite } = convert(name, dtype, bytes, scratch);
  if (!isFinite) {
    const broken = values.findIndex((value) => !Number.isFinite(value));
    throw new AppError(
      'bad-checkpoint',
      `Tensor "${name}" holds ${String(values[broken])} at position ${start + broken}: the checkpoint is damaged. Get it again.`,
    );
  }
  return values;
}

/** The whole tensor as float32; throws as {@link floatsOf} does. */
export async function readFloats(
  tensor: CheckpointTensor,
  signal?: AbortSignal,
): Promise<Float32Array<ArrayBuffer>> {
  return floatsOf(tensor.name, tensor.dtype, await tensor.read(signal));
}
