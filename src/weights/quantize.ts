import { invariant } from '../shared/errors.ts';
import { BLOCK, quantizeBlocks } from './kernels.ts';

export interface QuantizedLinear {
  /** uint8 [out, ceil(in/block), block·bits/8]; of two 4-bit values in a byte the low half comes first. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** float32 [out · ceil(in/block)]. */
  readonly scales: Float32Array<ArrayBuffer>;
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
  const target = roomForLinear(outSize, inSize, bits);
  quantizeLinearRows(target, 0, weight, inSize, bits);
  return target;
}

/** Where {@link quantizeLinearRows} puts the rows of a weight [out, in]. */
export function roomForLinear(outSize: number, inSize: number, bits: 4 | 8): QuantizedLinear {
  const blocks = outSize * Math.ceil(inSize / BLOCK);
  return { data: new Uint8Array((blocks * BLOCK * bits) / 8), scales: new Float32Array(blocks) };
}

/** {@link quantizeLinear} of some rows, of which the first is row `firstRow` of the target. */
export function quantizeLinearRows(
  { data, scales }: QuantizedLinear,
  firstRow: number,
  weight: Float32Array,
  inSize: number,
  bits: 4 | 8,
): void {
  const blocks = Math.ceil(inSize / BLOCK);
  if (inSize === blocks * BLOCK) {
    quantizeBlocks(weight, bits, data, scales, firstRow * blocks);
    return;
  }
  const padded = new Float32Array(blocks * BLOCK);
  for (let row = 0; row * inSize < weight.length; row += 1) {
    padded.set(weight.subarray(row * inSize, (row + 1) * inSize));
    quantizeBlocks(padded, bits, data, scales, (firstRow + row) * blocks);
  }
}

/**
 * The value of largest magnitude in [start, end), with its sign, of float32 bit patterns: without the
 * sign these order as the magnitudes do, and an integer maximum takes half the time of a float comparison.
 */
function extreme(patterns: Int32Array, start: number, end: number): number {
  let largest = 0;
  let largestPositive = 0;
  for (let at = start; at < end; at += 1) {
    const pattern = patterns[at] ?? 0;
    largest = Math.max(largest, pattern & 0x7fffffff);
    largestPositive = Math.max(largestPositive, pattern);
  }
  scratchPattern[0] = largest;
  const magnitude = scratchFloat[0] ?? 0;
  return largestPositive === largest ? magnitude : -magnitude;
}

const scratchPattern = new Int32Array(1);
const scratchFloat = new Float32Array(scratchPattern.buffer);

function patternsOf(weight: Float32Array): Int32Array {
  return new Int32Array(weight.buffer, weight.byteOffset, weight.length);
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
  const target = { data: new Int8Array(weight.length), scales: new Float32Array(outChannels) };
  quantizeConvChannels(target, 0, weight, perChannel);
  return target;
}

/** {@link quantizeConv} of some output channels, of which the first is `firstChannel` of the target. */
export function quantizeConvChannels(
  { data, scales }: QuantizedConv,
  firstChannel: number,
  weight: Float32Array,
  perChannel: number,
): void {
  const patterns = patternsOf(weight);
  const channels = weight.length / perChannel;
  for (let channel = 0; channel < channels; channel += 1) {
    const start = channel * perChannel;
    const scale = Math.fround(Math.abs(extreme(patterns, start, start + perChannel)) / 127);
    scales[firstChannel + channel] = scale;
    const stepsPerUnit = scale === 0 ? 0 : 1 / scale;
    const target = (firstChannel + channel) * perChannel;
    for (let at = 0; at < perChannel; at += 1) {
      // Shifted to where cutting off the fraction rounds down.
      const level = (((weight[start + at] ?? 0) * stepsPerUnit + 127.5) | 0) - 127;
      data[target + at] = Math.max(-127, Math.min(level, 127));
    }
  }
}

/** [rows, columns] → [columns, rows] of elements of 2, 4 or 8 bytes. */
export function transposeBytes(
  bytes: Uint8Array,
  rows: number,
  columns: number,
  elementBytes: number,
): Uint8Array<ArrayBuffer> {
  // Aligned for the typed arrays, also where `bytes` is a part of a larger buffer.
  const source = bytes.slice();
  switch (elementBytes) {
    case 2:
      return turn(new Uint16Array(source.buffer), new Uint16Array(rows * columns), rows, columns);
    case 4:
      return turn(new Uint32Array(source.buffer), new Uint32Array(rows * columns), rows, columns);
    default:
      return turn(new Float64Array(source.buffer), new Float64Array(rows * columns), rows, columns);
  }
}

type Elements = Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

function turn(values: Elements, turned: Elements, rows: number, columns: number): Uint8Array<ArrayBuffer> {
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      turned[column * rows + row] = values[row * columns + column] ?? 0;
    }
  }
  return new Uint8Array(turned.buffer);
}
