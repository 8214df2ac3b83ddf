import { openSafetensors } from './safetensors.ts';
import { bytesSource } from './sources.ts';
import type { Checkpoint, CheckpointDtype, CheckpointTensor } from './types.ts';

/** For tests: a safetensors file with whatever header, sound or not. */
export function safetensorsFile(header: unknown, dataBytes: Uint8Array | number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const data = typeof dataBytes === 'number' ? new Uint8Array(dataBytes) : dataBytes;
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

/** For tests: opens a file's bytes. */
export function openFile(bytes: Uint8Array): Promise<Checkpoint> {
  return openSafetensors(bytesSource('file.safetensors', bytes));
}

/** For tests: a tensor of a checkpoint in memory. */
export function tensor(
  name: string,
  shape: readonly number[],
  data: ArrayBufferView,
  dtype: CheckpointDtype = 'F32',
): readonly [string, CheckpointTensor] {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const place = { source: bytesSource(name, bytes), byteOffset: 0, byteLength: bytes.length };
  return [name, { name, dtype, shape, place, read: () => Promise.resolve(bytes) }];
}

/** IEEE 754 binary16 bits → number; subnormals, infinities and NaN included. */
export function halfToFloat(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
