import { invariant } from '../shared/errors.ts';

/** Inputs that share one scale: the block of `com.microsoft.MatMulNBits` with the smallest error per byte. */
export const BLOCK = 32;

export interface QuantizedLinear {
  /** uint8 [out, ceil(in/block), block·bits/8]; of two 4-bit values in a byte the low half comes first. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** float32 [out · ceil(in/block)]. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/**
 * Symmetric block quantization of a linear weight [out, in]: w ≈ (q − 2^(bits−1)) · scale. Inputs are
 * padded with zeros to whole blocks, as the operator expects. A block of zeros gets scale 0.
 */
export function quantizeLinear(
  weight: Float32Array,
  outSize: number,
  inSize: number,
  bits: 4 | 8,
): QuantizedLinear {
  invariant(
    weight.length === outSize * inSize,
    () => `A weight of ${weight.length} is not ${outSize}×${inSize}.`,
  );
  const blocks = Math.ceil(inSize / BLOCK);
  const zero = 2 ** (bits - 1);
  const perBlock = (BLOCK * bits) / 8;
  const data = new Uint8Array(outSize * blocks * perBlock);
  const scales = new Float32Array(outSize * blocks);
  for (let block = 0; block < outSize * blocks; block += 1) {
    const row = Math.floor(block / blocks);
    const first = row * inSize + (block % blocks) * BLOCK;
    const values = weight.subarray(first, Math.min(first + BLOCK, (row + 1) * inSize));
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const scale = Math.fround(largest / (zero - 1));
    scales[block] = scale;
    for (let index = 0; index < BLOCK; index += 1) {
      const ratio = scale === 0 ? 0 : Math.round((values[index] ?? 0) / scale);
      const q = Math.min(Math.max(ratio, 1 - zero), zero - 1) + zero;
      if (bits === 8) {
        data[block * perBlock + index] = q;
      } else {
        const at = block * perBlock + (index >> 1);
        data[at] = (data[at] ?? 0) | (index % 2 === 0 ? q : q << 4);
      }
    }
  }
  return { data, scales };
}

export interface QuantizedConv {
  /** int8 in the weight's own order. */
  readonly data: Int8Array<ArrayBuffer>;
  /** float32 [out]. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/** Symmetric 8-bit quantization of a convolution weight [out, in, kh, kw], one scale per output channel. */
export function quantizeConv(weight: Float32Array, outChannels: number): QuantizedConv {
  const perChannel = weight.length / outChannels;
  invariant(
    Number.isInteger(perChannel),
    () => `A weight of ${weight.length} has no ${outChannels} channels.`,
  );
  const data = new Int8Array(weight.length);
  const scales = new Float32Array(outChannels);
  for (let channel = 0; channel < outChannels; channel += 1) {
    const values = weight.subarray(channel * perChannel, (channel + 1) * perChannel);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const scale = Math.fround(largest / 127);
    scales[channel] = scale;
    if (scale === 0) continue;
    for (const [index, value] of values.entries()) {
      data[channel * perChannel + index] = Math.min(Math.max(Math.round(value / scale), -127), 127);
    }
  }
  return { data, scales };
}

/** [rows, columns] → [columns, rows]. */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      turned[column * rows + row] = values[row * columns + column] ?? 0;
    }
  }
  return turned;
}
