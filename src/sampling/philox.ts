/**
 * Philox 4x32-10, the counter-based generator of Random123 (Salmon et al., "Parallel Random Numbers: As
 * Easy as 1, 2, 3", SC 2011), and the normal numbers that PyTorch draws from it on a CUDA device.
 *
 * PyTorch's kernel gives each thread its own Philox subsequence and fills up to four elements per
 * thread, a grid apart. While the tensor has at most as many elements as the grid has threads
 * (multiprocessors × threads per multiprocessor), element i is the first of the four normals of
 * subsequence i, and that is what is computed here. The limit is 221 184 elements on an A100, 270 336
 * on an H100, 196 608 on an RTX 4090, 40 960 on a T4; the latents of a 1024² picture have 65 536.
 * The device computes the sine and logarithm approximately, so values agree to about six digits.
 */

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** Four 32-bit words; each is used modulo 2^32. */
export type PhiloxCounter = readonly [number, number, number, number];
export type PhiloxKey = readonly [number, number];

/** The upper 32 bits of a product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const cross = aLow * bHigh + (middle % 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) >>> 0;
}

/** Ten rounds of the Philox bijection: four unsigned 32-bit words per counter value. */
export function philox4x32(counter: PhiloxCounter, key: PhiloxKey): PhiloxCounter {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round += 1) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0 >>> 0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2 >>> 0);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  return [c0 >>> 0, c1 >>> 0, c2 >>> 0, c3 >>> 0];
}

/**
 * Unit normal noise as the `drawIndex`-th call of `torch.randn` on a CUDA generator seeded with `seed`
 * gives it, for up to one element per thread of the grid (see above). Box–Muller on the first two words
 * of each subsequence, with curand's half-step offset that keeps the uniform number above 0.
 */
export function philoxNormal(seed: number, drawIndex: number, length: number): Float32Array {
  const key: PhiloxKey = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
  return Float32Array.from({ length }, (_, index) => {
    const [first, second] = philox4x32([drawIndex, 0, index, 0], key);
    const radius = Math.sqrt(-2 * Math.log((first + 0.5) / 2 ** 32));
    return radius * Math.sin(((second + 0.5) / 2 ** 32) * 2 * Math.PI);
  });
}

/** Successive draws of one generator: the starting noise first, then what a stochastic sampler asks for. */
export interface NoiseSource {
  next(length: number): Float32Array;
}

export function createPhiloxNoise(seed: number): NoiseSource {
  let drawIndex = 0;
  return {
    next(length) {
      const noise = philoxNormal(seed, drawIndex, length);
      drawIndex += 1;
      return noise;
    },
  };
}
