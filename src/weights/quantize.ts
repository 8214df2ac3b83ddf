import { invariant } from '../shared/errors.ts';

/** Inputs that share one scale: the block of `com.microsoft.MatMulNBits` with the smallest error per byte. */
export const BLOCK = 32;

export interface QuantizedLinear {
  /** uint8 [out, ceil(in/block), block·bits/8]; of two 4-bit values in a byte the low half comes first. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** float32 [out · ceil(in/block)]. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/** The value of largest magnitude in [start, end), with its sign. */
function extreme(values: Float32Array, start: number, end: number): number {
  let result = 0;
  for (let at = start; at < end; at += 1) {
    const value = values[at] ?? 0;
    if (Math.abs(value) > Math.abs(result)) result = value;
  }
  return result;
}

/**
 * Symmetric block quantization of a linear weight [out, in]: w ≈ (q − 2^(bits−1)) · scale. Inputs are
 * padded with zeros to whole blocks, as the operator expects. A block of zeros gets scale 0.
 *
 * The code range −2^(bits−1) .. 2^(bits−1)−1 has one more value below zero than above. A block's value of
 * largest magnitude takes that one, and the scale takes the sign that makes it so: at 4 bits the steps
 * are 1/8 of the largest magnitude instead of 1/7.
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
  const codes = new Uint8Array(BLOCK);
  for (let block = 0; block < scales.length; block += 1) {
    const row = Math.floor(block / blocks);
    const start = row * inSize + (block % blocks) * BLOCK;
    const end = Math.min(start + BLOCK, (row + 1) * inSize);
    const largest = extreme(weight, start, end);
    const scale = largest === 0 ? 0 : Math.fround(largest / -zero);
    scales[block] = scale;
    codes.fill(zero);
    for (let at = start; at < end && scale !== 0; at += 1) {
      const level = Math.round((weight[at] ?? 0) / scale);
      codes[at - start] = Math.min(Math.max(level, -zero), zero - 1) + zero;
    }
    if (bits === 8) data.set(codes, block * perBlock);
    else {
      for (let byte = 0; byte < perBlock; byte += 1) {
        data[block * perBlock + byte] = (codes[2 * byte] ?? 0) | ((codes[2 * byte + 1] ?? 0) << 4);
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
    const start = channel * perChannel;
    const scale = Math.fround(Math.abs(extreme(weight, start, start + perChannel)) / 127);
    scales[channel] = scale;
    for (let at = start; at < start + perChannel && scale !== 0; at += 1) {
      data[at] = Math.min(Math.max(Math.round((weight[at] ?? 0) / scale), -127), 127);
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
