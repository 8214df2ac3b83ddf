import { elementCount } from '../../weights/shape.ts';
import type { ByteSource, CheckpointTensor } from '../../weights/types.ts';

/** A float32 tensor that no file holds: `draw` gives its values whenever it is read. */
export function drawnTensor(
  name: string,
  shape: readonly number[],
  draw: () => Float32Array,
): readonly [string, CheckpointTensor] {
  const byteLength = elementCount(shape) * Float32Array.BYTES_PER_ELEMENT;
  const read = (): Promise<Uint8Array> => {
    const { buffer, byteOffset } = draw();
    return Promise.resolve(new Uint8Array(buffer, byteOffset, byteLength));
  };
  const source: ByteSource = {
    name,
    byteLength,
    read: async (start, length) => (await read()).subarray(start, start + length),
  };
  return [name, { name, dtype: 'F32', shape, place: { source, byteOffset: 0, byteLength }, read }];
}
