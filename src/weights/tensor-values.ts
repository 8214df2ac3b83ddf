import { AppError } from '../shared/errors.ts';
import { bfloatsToFloats, halvesToFloats } from './half.ts';
import type { CheckpointDtype, CheckpointTensor } from './types.ts';

/** A buffer that holds the bytes alone: typed arrays need their element's alignment. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  const alone = byteOffset === 0 && byteLength === buffer.byteLength;
  return alone && buffer instanceof ArrayBuffer ? buffer : new Uint8Array(bytes).buffer;
}

function toFloats(name: string, dtype: CheckpointDtype, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const buffer = ownBuffer(bytes);
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F16':
      return halvesToFloats(new Uint16Array(buffer));
    case 'BF16':
      return bfloatsToFloats(new Uint16Array(buffer));
    case 'F64':
      return Float32Array.from(new Float64Array(buffer));
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

/** Zero times anything but a finite number is NaN, and NaN stays: no branch per value. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += (values[at] ?? 0) * 0;
  return !Number.isNaN(sum);
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
  const values = toFloats(name, dtype, bytes);
  if (!allFinite(values)) {
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
