import { type PassWork } from '../../gpu/pipeline/pass-work.ts';
import { type DeviceReport } from '../../gpu/runtime/runtime.ts';

/**
 * Multiply-adds a second of one WebAssembly thread on a fast core, 60 GFLOP/s with two of them
 * (docs/benchmarks.md). An ordinary machine takes longer: the estimate is a lower bound.
 */
const WASM_MACS_PER_THREAD = 15e9;
/** The CPU provider of Node reaches about three times as much. */
const CPU_MACS_PER_THREAD = 45e9;

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Multiply-adds of one unguided pass at a size in pixels. */
export function macsPerPass(
  { cellSide, fixed, perCell, perCellSquared }: PassWork,
  { width, height }: PictureSize,
): number {
  const cells = (width * height) / cellSide ** 2;
  return fixed + perCell * cells + perCellSquared * cells ** 2;
}

export interface PictureWork extends PictureSize {
  readonly steps: number;
  readonly guidance: number;
  /** Pictures of one press. */
  readonly pictures: number;
}

/**
 * Seconds that pictures take at least where the U-Net runs on the processor; null on a graphics card, whose
 * speed nothing tells beforehand.
 */
export function secondsOnProcessor(
  pass: PassWork,
  { provider, threads }: Pick<DeviceReport, 'provider' | 'threads'>,
  { steps, guidance, pictures, ...size }: PictureWork,
): number | null {
  if (provider === 'webgpu') return null;
  const rate = (provider === 'wasm' ? WASM_MACS_PER_THREAD : CPU_MACS_PER_THREAD) * Math.max(1, threads);
  const passes = steps * (guidance > 1 ? 2 : 1) * pictures;
  return (passes * macsPerPass(pass, size)) / rate;
}
