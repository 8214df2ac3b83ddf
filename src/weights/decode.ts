import { AppError } from '../shared/errors.ts';
import { elementCount } from './shape.ts';
import type { ShardRange, StoredComponent, StoredTensor } from './types.ts';

/** Offsets of a pack's shards are multiples of this. */
const ALIGNMENT = 64;

/** A network whose quantized weights are float32 numbers in a shard of its own, made when it is read. */
export interface DecodedComponent {
  readonly component: StoredComponent;
  /** Name of the one shard that `component` refers to. */
  readonly shard: string;
  readonly byteLength: number;
  /** The shard's bytes, decoded from the stored ones. */
  readShard(): Promise<Uint8Array>;
}

/** Bytes of a network with its quantized weights as float32 numbers and the others as they are. */
export function decodedByteLength(component: StoredComponent): number {
  let bytes = 0;
  for (const tensor of component.tensors.values()) bytes += align(decodedTensorBytes(tensor));
  return bytes;
}

function decodedTensorBytes(tensor: StoredTensor): number {
  return tensor.kind === 'dense'
    ? tensor.data.byteLength
    : elementCount(tensor.shape) * Float32Array.BYTES_PER_ELEMENT;
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/**
 * The same network with every quantized weight as the numbers that the quantized operators would decode
 * it to at every run. `readShard` reads the pack. Throws AppError 'bad-pack' if a shard is too short.
 */
export function decodeComponent(
  component: StoredComponent,
  readStored: (shard: string) => Promise<Uint8Array>,
): DecodedComponent {
  const shard = `${component.name} decoded`;
  const tensors = new Map<string, StoredTensor>();
  let byteOffset = 0;
  for (const [name, tensor] of component.tensors) {
    const byteLength = decodedTensorBytes(tensor);
    const data: ShardRange = { shard, byteOffset, byteLength };
    const { shape } = tensor;
    tensors.set(
      name,
      tensor.kind === 'dense'
        ? { ...tensor, data }
        : { kind: 'dense', name: tensor.name, shape, type: 'float32', transposed: false, data },
    );
    byteOffset += align(byteLength);
  }
  const byteLength = byteOffset;
  return {
    component: { ...component, tensors },
    shard,
    byteLength,
    async readShard() {
      const bytes = new Uint8Array(byteLength);
      const stored = new Map<string, Uint8Array>();
      for (const tensor of component.tensors.values()) {
        for (const range of rangesOf(tensor)) {
          if (!stored.has(range.shard)) stored.set(range.shard, await readStored(range.shard));
        }
      }
      const part = ({ shard: name, byteOffset: start, byteLength: length }: ShardRange): Uint8Array => {
        const found = stored.get(name)?.subarray(start, start + length);
        if (found?.byteLength === length) return found;
        throw new AppError(
          'bad-pack',
          `The file ${name} of the pack ends before byte ${start + length}. Install the pack again.`,
        );
      };
      let offset = 0;
      for (const tensor of component.tensors.values()) {
        decodeInto(bytes.subarray(offset, offset + decodedTensorBytes(tensor)), tensor, part);
        offset += align(decodedTensorBytes(tensor));
      }
      return bytes;
    },
  };
}

function rangesOf(tensor: StoredTensor): readonly ShardRange[] {
  return tensor.kind === 'dense' ? [tensor.data] : [tensor.data, tensor.scales];
}

function decodeInto(target: Uint8Array, tensor: StoredTensor, part: (range: ShardRange) => Uint8Array): void {
  if (tensor.kind === 'dense') {
    target.set(part(tensor.data));
    return;
  }
  const values = new Float32Array(target.buffer, target.byteOffset, target.byteLength / 4);
  const codes = part(tensor.data);
  // A copy, since a shard that came over the network need not start at a multiple of four.
  const scales = new Float32Array(part(tensor.scales).slice().buffer);
  if (tensor.kind === 'conv-int8') decodeConv(values, codes, scales);
  else decodeLinear(values, { data: codes, scales }, tensor);
}

/** int8 codes → values, one scale an output channel. */
export function decodeConv(values: Float32Array, codes: Uint8Array, scales: Float32Array): void {
  const perChannel = values.length / scales.length;
  for (let channel = 0; channel < scales.length; channel += 1) {
    const scale = scales[channel] ?? 0;
    const end = (channel + 1) * perChannel;
    // Bytes are int8: shifting the sign bit to the top and back restores it.
    for (let at = channel * perChannel; at < end; at += 1)
      values[at] = (((codes[at] ?? 0) << 24) >> 24) * scale;
  }
}

/**
 * (code − zero point) · scale, one scale a block of inputs; the last block of a row may be padded. Without zero points
 * they are 2^(bits−1).
 */
export function decodeLinear(
  values: Float32Array,
  {
    data: codes,
    scales,
    zeroPoints,
  }: { readonly data: Uint8Array; readonly scales: Float32Array; readonly zeroPoints?: Uint8Array },
  { shape, bits, block }: { readonly shape: readonly number[]; readonly bits: 4 | 8; readonly block: number },
): void {
  const [outSize = 0, inSize = 0] = shape;
  const blocks = Math.ceil(inSize / block);
  const middle = 2 ** (bits - 1);
  for (let row = 0; row < outSize; row += 1) {
    for (let column = 0; column < inSize; column += 1) {
      const at = row * blocks * block + column;
      // Of two 4-bit codes in a byte the low half comes first.
      const code = bits === 8 ? (codes[at] ?? 0) : ((codes[at >> 1] ?? 0) >> (4 * (at & 1))) & 15;
      const inBlock = Math.floor(at / block);
      const zero = zeroPoints?.[inBlock] ?? middle;
      values[row * inSize + column] = (code - zero) * (scales[inBlock] ?? 0);
    }
  }
}
