import { invariant } from '../shared/errors.ts';
import { KERNELS_WASM } from './kernels-wasm.ts';

/**
 * Loops over the billions of values of a checkpoint, as SIMD in WebAssembly. They see memory of their own, so that values are copied
 * there and back, in pieces that stay in the cache.
 */
interface Kernels {
  readonly memory: WebAssembly.Memory;
  readonly halves: (source: number, vectors: number, target: number) => number;
  readonly quantize4: Quantize;
  readonly quantize8: Quantize;
}
type Quantize = (source: number, blocks: number, data: number, scales: number) => void;

/** Values of a piece; whole blocks. */
const PIECE = 16384;
/** Values that share one scale: the block of `com.microsoft.MatMulNBits` with the smallest error per byte. */
export const BLOCK = 32;
/** Halves in a vector. */
const HALVES = 8;
/** Where pieces begin in the memory: what comes, what is made of it, and scales. */
const SOURCE = 0;
const TARGET = 4 * PIECE;
const SCALES = 8 * PIECE;

function isKernels(exports: object): exports is Kernels {
  return 'memory' in exports && 'halves' in exports && 'quantize4' in exports && 'quantize8' in exports;
}

let started: Kernels | undefined;

function kernels(): Kernels {
  if (started !== undefined) return started;
  const bytes = Uint8Array.from(atob(KERNELS_WASM), (character) => character.charCodeAt(0));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  invariant(isKernels(exports), () => 'The kernels of the weights lack a function.');
  started = exports;
  return started;
}

/** binary16 bits → float32, exact, into `values`; false if one is infinite or no number. */
export function decodeHalves(bits: Uint16Array, values: Float32Array): boolean {
  const { memory, halves } = kernels();
  let isFinite = true;
  for (let start = 0; start < bits.length; start += PIECE) {
    const part = bits.subarray(start, start + PIECE);
    const vectors = Math.ceil(part.length / HALVES);
    const source = new Uint16Array(memory.buffer, SOURCE, vectors * HALVES);
    source.set(part);
    source.fill(0, part.length);
    if (halves(SOURCE, vectors, TARGET) !== 0) isFinite = false;
    values.set(new Float32Array(memory.buffer, TARGET, part.length), start);
  }
  return isFinite;
}

/**
 * Codes and scales of whole blocks of `values`, as `quantizeLinear` describes them, into `data` and `scales` from block
 * `firstBlock` on.
 */
export function quantizeBlocks(
  values: Float32Array,
  bits: 4 | 8,
  data: Uint8Array,
  scales: Float32Array,
  firstBlock: number,
): void {
  invariant(values.length % BLOCK === 0, () => `${values.length} values are no whole blocks.`);
  const { memory, quantize4, quantize8 } = kernels();
  const quantize = bits === 4 ? quantize4 : quantize8;
  const blockBytes = (BLOCK * bits) / 8;
  for (let start = 0; start < values.length; start += PIECE) {
    const part = values.subarray(start, start + PIECE);
    const blocks = part.length / BLOCK;
    const block = firstBlock + start / BLOCK;
    new Float32Array(memory.buffer, SOURCE).set(part);
    quantize(SOURCE, blocks, TARGET, SCALES);
    data.set(new Uint8Array(memory.buffer, TARGET, blocks * blockBytes), block * blockBytes);
    scales.set(new Float32Array(memory.buffer, SCALES, blocks), block);
  }
}
