import { interpolate, linspace, roundHalfEven } from './numeric.ts';
import type { TimestepSpacing } from './scheduler-config.ts';

/** ρ of the noise levels of Karras et al. (arXiv 2206.00364, eq. 5). */
const KARRAS_RHO = 7;

/**
 * Timesteps of the "trailing" rule, round(T - i·T/S) - 1, with the floating-point grid of
 * `numpy.arange(T, 0, -T/S)`: the increment is the difference of its first two values.
 */
export function trailingTimesteps(trainSteps: number, steps: number): number[] {
  const increment = trainSteps - trainSteps / steps - trainSteps;
  return Array.from({ length: steps }, (_, index) => roundHalfEven(trainSteps + index * increment) - 1);
}

/** Timesteps of the "leading" rule, descending: i·floor(T / divisor) + offset. */
export function leadingTimesteps(
  trainSteps: number,
  divisor: number,
  steps: number,
  offset: number,
): number[] {
  const ratio = Math.floor(trainSteps / divisor);
  return Array.from({ length: steps }, (_, index) => (divisor - 1 - index) * ratio + offset);
}

/**
 * Descending timesteps of a sampler that takes the first of `steps` evenly spaced values
 * (arXiv 2305.08891, table 2). Those of "linspace" are fractional, as float32.
 */
export function spacedTimesteps(
  spacing: TimestepSpacing,
  trainSteps: number,
  steps: number,
  offset: number,
): number[] {
  switch (spacing) {
    case 'linspace':
      return linspace(0, trainSteps - 1, steps)
        .map(Math.fround)
        .reverse();
    case 'leading':
      return leadingTimesteps(trainSteps, steps, steps, offset);
    case 'trailing':
      return trailingTimesteps(trainSteps, steps);
  }
}

/** Noise levels at (possibly fractional) timesteps, with the final 0 appended; float32 values. */
export function sigmasAt(trainSigmas: Float32Array, timesteps: readonly number[]): number[] {
  return [...timesteps.map((timestep) => Math.fround(interpolate(trainSigmas, timestep))), 0];
}

/** `steps` noise levels from `sigmaMax` down to `sigmaMin` (arXiv 2206.00364, eq. 5, ρ = 7), without the final 0. */
export function karrasSigmas(sigmaMin: number, sigmaMax: number, steps: number): number[] {
  const low = sigmaMin ** (1 / KARRAS_RHO);
  const high = sigmaMax ** (1 / KARRAS_RHO);
  return linspace(0, 1, steps).map((ramp) => (high + ramp * (low - high)) ** KARRAS_RHO);
}

/** The fractional training timestep of a noise level, linear in log σ. `trainSigmas` ascends. */
export function timestepOfSigma(trainSigmas: Float32Array, sigma: number): number {
  const logSigma = Math.log(Math.max(sigma, 1e-10));
  const logAt = (index: number): number => Math.fround(Math.log(trainSigmas[index] ?? NaN));
  let below = 0;
  for (let index = 0; index < trainSigmas.length && logSigma >= logAt(index); index += 1) below = index;
  const low = Math.min(below, trainSigmas.length - 2);
  const from = logAt(low);
  const weight = Math.min(Math.max((from - logSigma) / (from - logAt(low + 1)), 0), 1);
  return (1 - weight) * low + weight * (low + 1);
}
