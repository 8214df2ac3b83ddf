import type { NoiseSchedule } from './noise-schedule.ts';
import type { SamplerPlan, SamplerStep } from './sampler.ts';
import { cleanCoefficients } from './sampler.ts';
import type { PredictionType, SchedulerConfig } from './scheduler-config.ts';
import { karrasSigmas, sigmasAt, spacedTimesteps, timestepOfSigma } from './timesteps.ts';

/** Samples of these methods are x = x0 + σ·noise; the network sees x / sqrt(σ² + 1). */
interface SigmaSteps {
  readonly timesteps: readonly number[];
  /** One more than timesteps; the last is 0. */
  readonly sigmas: readonly number[];
}

function sigmaSteps(
  schedule: NoiseSchedule,
  config: SchedulerConfig,
  steps: number,
  karras: boolean,
): SigmaSteps {
  const spaced = spacedTimesteps(
    config.timestep_spacing,
    config.num_train_timesteps,
    steps,
    config.steps_offset,
  );
  const sigmas = sigmasAt(schedule.sigmas, spaced);
  if (!karras) return { timesteps: spaced, sigmas };
  const levels = karrasSigmas(sigmas[steps - 1] ?? NaN, sigmas[0] ?? NaN, steps);
  return {
    timesteps: levels.map((sigma) => Math.fround(timestepOfSigma(schedule.sigmas, sigma))),
    sigmas: [...levels.map(Math.fround), 0],
  };
}

function initialNoiseScale(config: SchedulerConfig, sigmas: readonly number[]): number {
  const largest = Math.max(...sigmas);
  // "leading" starts below the last training timestep, where the picture's signal is not negligible.
  return config.timestep_spacing === 'leading' ? Math.sqrt(largest ** 2 + 1) : largest;
}

/** Input scale and clean estimate at noise level σ: with α = 1/sqrt(σ²+1), x·α is a variance-preserving sample. */
function atSigma(
  predictionType: PredictionType,
  sigma: number,
): Pick<SamplerStep, 'inputScale' | 'cleanFromSample' | 'cleanFromPrediction'> {
  const alpha = 1 / Math.sqrt(sigma ** 2 + 1);
  const { cleanFromSample, cleanFromPrediction } = cleanCoefficients(predictionType, alpha, sigma * alpha);
  return { inputScale: alpha, cleanFromSample: cleanFromSample * alpha, cleanFromPrediction };
}

/** Euler's method in σ (arXiv 2206.00364, algorithm 1 without churn); equal to diffusers' EulerDiscreteScheduler. */
export function eulerPlan(schedule: NoiseSchedule, config: SchedulerConfig, steps: number): SamplerPlan {
  const { timesteps, sigmas } = sigmaSteps(schedule, config, steps, config.use_karras_sigmas);
  return {
    initialNoiseScale: initialNoiseScale(config, sigmas),
    steps: timesteps.map((timestep, index) => {
      const sigma = sigmas[index] ?? NaN;
      const ratio = (sigmas[index + 1] ?? NaN) / sigma;
      return {
        timestep,
        ...atSigma(config.prediction_type, sigma),
        fromSample: ratio,
        fromClean: 1 - ratio,
        fromPreviousClean: 0,
        fromNoise: 0,
      };
    }),
  };
}

/** Euler with ancestral noise; equal to diffusers' EulerAncestralDiscreteScheduler (which knows no Karras levels). */
export function eulerAncestralPlan(
  schedule: NoiseSchedule,
  config: SchedulerConfig,
  steps: number,
): SamplerPlan {
  const { timesteps, sigmas } = sigmaSteps(schedule, config, steps, false);
  return {
    initialNoiseScale: initialNoiseScale(config, sigmas),
    steps: timesteps.map((timestep, index) => {
      const sigma = sigmas[index] ?? NaN;
      const next = sigmas[index + 1] ?? NaN;
      const up = Math.sqrt((next ** 2 * (sigma ** 2 - next ** 2)) / sigma ** 2);
      const ratio = Math.sqrt(next ** 2 - up ** 2) / sigma;
      return {
        timestep,
        ...atSigma(config.prediction_type, sigma),
        fromSample: ratio,
        fromClean: 1 - ratio,
        fromPreviousClean: 0,
        fromNoise: up,
      };
    }),
  };
}
