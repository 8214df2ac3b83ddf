import { AppError } from '../shared/errors.ts';
import { transposeBytes } from './quantize.ts';
import { DTYPE_BYTES } from './safetensors.ts';
import { elementCount } from './shape.ts';
import type { CheckpointTensor } from './types.ts';

/** The same values under another name. */
export function renamedTensor(tensor: CheckpointTensor, name: string): CheckpointTensor {
  return { ...tensor, name, read: (signal) => tensor.read(signal) };
}

/** The same values in another shape, for example a 1×1 convolution as a matrix. */
export function reshapedTensor(tensor: CheckpointTensor, shape: readonly number[]): CheckpointTensor {
  return { ...tensor, shape, read: (signal) => tensor.read(signal) };
}

/** One of `parts` equal groups of rows, for example the queries of a fused projection. */
export function rowGroup(tensor: CheckpointTensor, index: number, parts: number): CheckpointTensor {
  const { name, shape, dtype, place } = tensor;
  const [rows = 0, ...rest] = shape;
  if (rows % parts !== 0) {
    throw new AppError(
      'bad-checkpoint',
      `Tensor "${name}" has ${rows} rows, which cannot be cut into ${parts} parts. It is another model.`,
    );
  }
  const byteLength = (rows / parts) * elementCount(rest) * DTYPE_BYTES[dtype];
  const byteOffset = place.byteOffset + index * byteLength;
  return {
    name,
    dtype,
    shape: [rows / parts, ...rest],
    place: { ...place, byteOffset, byteLength },
    read: (signal) => place.source.read(byteOffset, byteLength, signal),
  };
}

/** A matrix turned: [rows, columns] → [columns, rows]. */
export function transposedTensor(tensor: CheckpointTensor): CheckpointTensor {
  const { shape, dtype } = tensor;
  const [rows = 0, columns = 0] = shape;
  return {
    ...tensor,
    shape: [columns, rows],
    place: { ...tensor.place, transposed: true },
    async read(signal) {
      return transposeBytes(await tensor.read(signal), rows, columns, DTYPE_BYTES[dtype]);
    },
  };
}
