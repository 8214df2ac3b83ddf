import { invariant } from '../shared/errors.ts';
import { BLOCK } from './kernels.ts';
import { type QuantizedLinear, roomForLinear } from './quantize.ts';

export interface ZeroPointLinear extends QuantizedLinear {
  /** The code of 0 in each block, uint8 [out · ceil(in/block)]. */
  readonly zeroPoints: Uint8Array<ArrayBuffer>;
}

/**
 * Block quantization of a linear weight [out, in] whose zero point is free: w ≈ (q − z) · scale, with scale and integer z
 * such that the codes 0 .. 2^bits−1 reach from a block's smallest value, or 0, to its largest, or 0. Packs are made with
 * the fixed zero point of quantize.ts; this is what it is measured against (docs/benchmarks.md).
 */
export function quantizeLinearZeroPoint(
  weight: Float32Array,
  outSize: number,
  inSize: number,
  bits: 4 | 8,
): ZeroPointLinear {
  invariant(
    weight.length === outSize * inSize,
    () => `A weight of ${weight.length} is not ${outSize}×${inSize}.`,
  );
  const { data, scales } = roomForLinear(outSize, inSize, bits);
  // Blocks of zeros stay as they are: 128 at 8 bits, two times 8 at 4.
  data.fill(bits === 8 ? 0x80 : 0x88);
  const zeroPoints = new Uint8Array(scales.length).fill(2 ** (bits - 1));
  const most = 2 ** bits - 1;
  let block = 0;
  for (let row = 0; row < weight.length; row += inSize) {
    for (let start = row; start < row + inSize; start += BLOCK, block += 1) {
      const values = weight.subarray(start, Math.min(start + BLOCK, row + inSize));
      const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
      const scale = Math.fround((high - low) / most);
      if (scale === 0) continue;
      const zero = Math.round(-low / scale);
      scales[block] = scale;
      zeroPoints[block] = zero;
      for (let at = 0; at < BLOCK; at += 1) {
        const level = Math.round((values[at] ?? 0) / scale) + zero;
        setCode(data, block * BLOCK + at, Math.min(Math.max(level, 0), most), bits);
      }
    }
  }
  return { data, scales, zeroPoints };
}

/** Of two 4-bit codes in a byte the earlier one is in the low half. */
function setCode(data: Uint8Array, at: number, code: number, bits: 4 | 8): void {
  if (bits === 8) data[at] = code;
  else {
    const shift = 4 * (at & 1);
    data[at >> 1] = ((data[at >> 1] ?? 0) & ~(15 << shift)) | (code << shift);
  }
}
