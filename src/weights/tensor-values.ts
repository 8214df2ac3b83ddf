import { AppError } from '../shared/errors.ts';
import { bfloatsToFloats, halvesToFloats } from './half.ts';
import type { CheckpointTensor } from './types.ts';

/** Copies to a buffer of its own: typed arrays need their element's alignment. */
function alignedBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function toFloats(tensor: CheckpointTensor, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const buffer = alignedBuffer(bytes);
  switch (tensor.dtype) {
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
        `Tensor "${tensor.name}" holds ${tensor.dtype} values where real numbers were expected.`,
      );
  }
}

/** Zero times anything but a finite number is NaN, and NaN stays: no branch per value. */
function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += (values[at] ?? 0) * 0;
  return !Number.isNaN(sum);
}

/** The tensor as float32. Throws AppError 'bad-checkpoint' for integers, NaN and infinities. */
export async function readFloats(
  tensor: CheckpointTensor,
  signal?: AbortSignal,
): Promise<Float32Array<ArrayBuffer>> {
  const values = toFloats(tensor, await tensor.read(signal));
  if (!allFinite(values)) {
    const broken = values.findIndex((value) => !Number.isFinite(value));
    throw new AppError(
      'bad-checkpoint',
      `Tensor "${tensor.name}" holds ${String(values[broken])} at position ${broken}: the checkpoint is damaged. Get it again.`,
    );
  }
  return values;
}
