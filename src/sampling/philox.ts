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

/** The upper 32 bits of a product of two unsigned 32-bit numbers; every sum of its parts fits into 32 bits. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const cross = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  return Math.imul(aHigh, bHigh) + (middle >>> 16) + (cross >>> 16);
}

/** Ten rounds of the Philox bijection, in place: four unsigned 32-bit words of a counter value. */
function scramble(words: Uint32Array, key0: number, key1: number): void {
  // By index: taking a typed array apart goes through its iterator, in the innermost loop.
  let c0 = words[0] ?? 0;
  let c1 = words[1] ?? 0;
  let c2 = words[2] ?? 0;
  let c3 = words[3] ?? 0;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < ROUNDS; round += 1) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

/** Philox 4x32-10 of one counter value. */
export function philox4x32(counter: PhiloxCounter, [key0, key1]: PhiloxKey): PhiloxCounter {
  const words = Uint32Array.from(counter);
  scramble(words, key0, key1);
  const [first = 0, second = 0, third = 0, fourth = 0] = words;
  return [first, second, third, fourth];
}

/**
 * Unit normal noise as the `drawIndex`-th call of `torch.randn` on a CUDA generator seeded with `seed`
 * gives it, for up to one element per thread of the grid (see above). Box–Muller on the first two words
 * of each subsequence, with curand's half-step offset that keeps the uniform number above 0.
 */
export function philoxNormal(seed: number, drawIndex: number, length: number): Float32Array {
  const [key0, key1] = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
  const noise = new Float32Array(length);
  const words = new Uint32Array(4);
  for (let index = 0; index < length; index += 1) {
    words[0] = drawIndex;
    words[1] = 0;
    words[2] = index;
    words[3] = 0;
    scramble(words, key0, key1);
    const radius = Math.sqrt(-2 * Math.log((words[0] + 0.5) / 2 ** 32));
    noise[index] = radius * Math.sin(((words[1] + 0.5) / 2 ** 32) * 2 * Math.PI);
  }
  return noise;
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
