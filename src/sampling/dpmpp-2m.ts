import type { NoiseSchedule } from './noise-schedule.ts';
import { linspace, roundHalfEven } from './numeric.ts';
import type { SamplerPlan } from './sampler.ts';
import { cleanCoefficients } from './sampler.ts';
import type { SchedulerConfig } from './scheduler-config.ts';
import { karrasSigmas, leadingTimesteps, sigmasAt, timestepOfSigma, trailingTimesteps } from './timesteps.ts';

/** This solver spaces S + 1 points and drops the last, unlike the others. */
function solverTimesteps(config: SchedulerConfig, steps: number): number[] {
  const trainSteps = config.num_train_timesteps;
  switch (config.timestep_spacing) {
    case 'linspace':
      return linspace(0, trainSteps - 1, steps + 1)
        .map(roundHalfEven)
        .reverse()
        .slice(0, steps);
    case 'leading':
      return leadingTimesteps(trainSteps, steps + 1, steps, config.steps_offset);
    case 'trailing':
      return trailingTimesteps(trainSteps, steps);
  }
}

/** α and noise part of a variance-preserving sample at σ, and λ = log(α / noise) = -log σ. */
function atSigma(sigma: number): { readonly alpha: number; readonly noise: number; readonly lambda: number } {
  const alpha = 1 / Math.sqrt(sigma ** 2 + 1);
  return { alpha, noise: sigma * alpha, lambda: -Math.log(sigma) };
}

/**
 * DPM-Solver++(2M), midpoint (arXiv 2211.01095, algorithm 2), first order at the first and the last
 * step; equal to diffusers' DPMSolverMultistepScheduler (`dpmsolver++`, order 2, final sigma 0).
 * With `karras` the levels of arXiv 2206.00364 over the whole training range.
 */
export function dpmpp2mPlan(
  schedule: NoiseSchedule,
  config: SchedulerConfig,
  steps: number,
  karras: boolean,
): SamplerPlan {
  const trainSigmas = schedule.sigmas;
  const levels = karrasSigmas(trainSigmas[0] ?? NaN, trainSigmas[trainSigmas.length - 1] ?? NaN, steps);
  const timesteps = karras
    ? levels.map((sigma) => roundHalfEven(timestepOfSigma(trainSigmas, sigma)))
    : solverTimesteps(config, steps);
  const sigmas = karras ? [...levels.map(Math.fround), 0] : sigmasAt(trainSigmas, timesteps);
  return {
    initialNoiseScale: 1,
    steps: timesteps.map((timestep, index) => {
      const from = atSigma(sigmas[index] ?? NaN);
      const to = atSigma(sigmas[index + 1] ?? NaN);
      const h = to.lambda - from.lambda;
      const fromCleanTotal = -to.alpha * Math.expm1(-h);
      const isFirstOrder = index === 0 || index === timesteps.length - 1;
      const previousLambda = atSigma(sigmas[index - 1] ?? NaN).lambda;
      // x̂0 is extrapolated by (x̂0 - previous x̂0) / (2r) with r = previous step / this step, both in λ.
      const extrapolation = isFirstOrder ? 0 : h / (2 * (from.lambda - previousLambda));
      return {
        timestep,
        inputScale: 1,
        ...cleanCoefficients(config.prediction_type, from.alpha, from.noise),
        fromSample: to.noise / from.noise,
        fromClean: fromCleanTotal * (1 + extrapolation),
        fromPreviousClean: -fromCleanTotal * extrapolation,
        fromNoise: 0,
      };
    }),
  };
}
