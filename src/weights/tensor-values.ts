import { AppError } from '../shared/errors.ts';
import { bfloatsToFloats, halvesToFloats } from './half.ts';
import type { CheckpointDtype, CheckpointTensor } from './types.ts';

/** A buffer that holds the bytes alone: typed arrays need their element's alignment. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  const alone = byteOffset === 0 && byteLength === buffer.byteLength;
  return alone && buffer instanceof ArrayBuffer ? buffer : new Uint8Array(bytes).buffer;
}

/**
 * Whether 16-bit patterns hold an infinity or NaN: every exponent bit set, from `largest` on without the
 * sign. Integers, and no branch per value: checkpoints have billions.
 */
function anyNonFinite16(bits: Uint16Array, largest: number): boolean {
  const step = 0x8000 - largest;
  let seen = 0;
  for (let at = 0; at < bits.length; at += 1) seen |= ((bits[at] ?? 0) & 0x7fff) + step;
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

function convert(name: string, dtype: CheckpointDtype, bytes: Uint8Array): Converted {
  const buffer = ownBuffer(bytes);
  switch (dtype) {
    case 'F16': {
      const bits = new Uint16Array(buffer);
      return { values: halvesToFloats(bits), isFinite: !anyNonFinite16(bits, 0x7c00) };
    }
    case 'BF16': {
      const bits = new Uint16Array(buffer);
      return { values: bfloatsToFloats(bits), isFinite: !anyNonFinite16(bits, 0x7f80) };
    }
    case 'F32':
    case 'F64': {
      // A float64 may be finite and too large for float32: the result is what counts.
      const values = dtype === 'F32' ? new Float32Array(buffer) : Float32Array.from(new Float64Array(buffer));
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
 * 'bad-checkpoint' for integers, NaN and infinities. The bytes may be taken over.
 */
export function floatsOf(
  name: string,
  dtype: CheckpointDtype,
  bytes: Uint8Array,
  start = 0,
): Float32Array<ArrayBuffer> {
  const { values, isFinite } = convert(name, dtype, bytes);
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
