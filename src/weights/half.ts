import { decodeHalves } from './kernels.ts';

/** Conversions between float32 and the two 16-bit formats of checkpoints, held as bit patterns. */

/** The largest finite binary16 value. */
export const HALF_MAX = 65504;

const word = new Uint32Array(1);
const single = new Float32Array(word.buffer);

/** Number → binary16 bits, rounded to nearest even; too large becomes infinity. */
export function floatToHalf(value: number): number {
  single[0] = value;
  const bits = word[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Below 2^-14 the result is subnormal: adding 0.5 lets the float unit round it.
    single[0] = Math.abs(value) + 0.5;
    return sign | ((word[0] ?? 0) - 0x3f000000);
  }
  const odd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
}

/** binary16 bits → float32, exact. */
export function halvesToFloats(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const values = new Float32Array(bits.length);
  decodeHalves(bits, values);
  return values;
}

/** float32 → binary16 bits, each rounded as {@link floatToHalf} does. */
export function floatsToHalves(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint16Array(values.length);
  for (let index = 0; index < values.length; index += 1) bits[index] = floatToHalf(values[index] ?? 0);
  return bits;
}

/** bfloat16 bits are the upper half of a float32. */
export function bfloatsToFloats(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(bits.length);
  for (let index = 0; index < bits.length; index += 1) words[index] = (bits[index] ?? 0) << 16;
  return new Float32Array(words.buffer);
}
