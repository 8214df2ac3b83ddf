import { invariant } from '../../shared/errors.ts';
import { type HostTensor, hostTensor, type Tensor } from '../runtime/runtime.ts';

/** A float32 tensor's values, wherever it lies. */
export async function readFloats(tensor: Tensor | undefined, name: string): Promise<Float32Array> {
  invariant(tensor !== undefined, () => `The graph has no output "${name}".`);
  const host = tensor.location === 'host' ? tensor : await tensor.read();
  if (tensor.location === 'device') tensor.dispose();
  invariant(
    host.data instanceof Float32Array,
    () => `Expected output "${name}" to be float32, got ${host.type}.`,
  );
  return host.data;
}

export function floatTensor(shape: readonly number[], data: Float32Array): HostTensor {
  return hostTensor('float32', shape, data);
}

/** Values one after another. */
export function concatFloats(parts: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}

/** Rows [T,A] and [T,B] side by side: [T,A+B]. */
export function joinChannels(left: Float32Array, right: Float32Array, rows: number): Float32Array {
  const leftWidth = left.length / rows;
  const rightWidth = right.length / rows;
  const result = new Float32Array(left.length + right.length);
  for (let row = 0; row < rows; row += 1) {
    const start = row * (leftWidth + rightWidth);
    result.set(left.subarray(row * leftWidth, (row + 1) * leftWidth), start);
    result.set(right.subarray(row * rightWidth, (row + 1) * rightWidth), start + leftWidth);
  }
  return result;
}
