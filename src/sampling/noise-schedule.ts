import type { SchedulerConfig } from './scheduler-config.ts';

/** The training-time noise levels of a checkpoint, one entry per training timestep. */
export interface NoiseSchedule {
  /** ᾱ_t, float32 values. With zero terminal SNR the last one is exactly 0. */
  readonly alphasCumprod: Float32Array;
  /** σ_t = sqrt((1 - ᾱ_t) / ᾱ_t), float32 values, all finite. */
  readonly sigmas: Float32Array;
}

/** Stands in for ᾱ = 0 wherever σ must be finite: float16's smallest positive value, as in diffusers. */
const SMALLEST_ALPHA_CUMPROD = 2 ** -24;

const { fround } = Math;

/** `torch.linspace` in float32, which counts from the nearer end. */
function linspaceFloat32(start: number, stop: number, count: number): Float32Array {
  const first = fround(start);
  const last = fround(stop);
  const step = fround(fround(last - first) / (count - 1));
  return Float32Array.from({ length: count }, (_, index) =>
    index < count / 2 ? first + step * index : last - step * (count - 1 - index),
  );
}

function betasOf(config: SchedulerConfig): Float32Array {
  const { beta_start: start, beta_end: end, num_train_timesteps: count } = config;
  if (config.beta_schedule === 'linear') return linspaceFloat32(start, end, count);
  return linspaceFloat32(Math.sqrt(start), Math.sqrt(end), count).map((root) => root * root);
}

/** Running product in double precision, stored as float32: what `torch.cumprod` does on the CPU. */
function cumulativeProduct(values: Float32Array): Float32Array {
  let product = 1;
  return values.map((value) => (product *= value));
}

/** Zero terminal SNR: algorithm 1 of "Common Diffusion Noise Schedules and Sample Steps are Flawed" (arXiv 2305.08891). */
function rescaleToZeroTerminalSnr(betas: Float32Array): Float32Array {
  const roots = cumulativeProduct(betas.map((beta) => 1 - beta)).map(Math.sqrt);
  const first = roots[0] ?? 1;
  const last = roots[roots.length - 1] ?? 0;
  const scale = fround(first / fround(first - last));
  const alphaBars = roots.map((root) => fround(root - last) * scale).map((root) => root * root);
  return alphaBars.map((value, index) => {
    const previous = index === 0 ? 1 : (alphaBars[index - 1] ?? 1);
    return 1 - fround(value / previous);
  });
}

/** Noise levels of a scheduler configuration, equal to diffusers 0.42.1 (`alphas_cumprod`, `sigmas`) in float32. */
export function createNoiseSchedule(config: SchedulerConfig): NoiseSchedule {
  const plain = betasOf(config);
  const betas = config.rescale_betas_zero_snr ? rescaleToZeroTerminalSnr(plain) : plain;
  const alphasCumprod = cumulativeProduct(betas.map((beta) => 1 - beta));
  const sigmas = alphasCumprod.map((value, index) => {
    const isLast = index === alphasCumprod.length - 1;
    const alphaBar = config.rescale_betas_zero_snr && isLast ? SMALLEST_ALPHA_CUMPROD : value;
    return Math.sqrt(fround(fround(1 - alphaBar) / alphaBar));
  });
  return { alphasCumprod, sigmas };
}
