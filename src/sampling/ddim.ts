import { AppError } from '../shared/errors.ts';
import type { NoiseSchedule } from './noise-schedule.ts';
import { linspace, roundHalfEven } from './numeric.ts';
import type { SamplerPlan } from './sampler.ts';
import { cleanCoefficients } from './sampler.ts';
import type { SchedulerConfig } from './scheduler-config.ts';
import { spacedTimesteps } from './timesteps.ts';

/**
 * DDIM with η = 0 (arXiv 2010.02502, eq. 12), without clipping; equal to diffusers' DDIMScheduler.
 * Throws AppError 'bad-request' for an epsilon model with zero terminal SNR: at ᾱ = 0 its prediction
 * says nothing about the picture.
 */
export function ddimPlan(schedule: NoiseSchedule, config: SchedulerConfig, steps: number): SamplerPlan {
  const trainSteps = config.num_train_timesteps;
  const stride = Math.floor(trainSteps / steps);
  const { alphasCumprod } = schedule;
  const finalAlphaBar = config.set_alpha_to_one ? 1 : (alphasCumprod[0] ?? NaN);
  const timesteps =
    config.timestep_spacing === 'linspace'
      ? linspace(0, trainSteps - 1, steps)
          .map(roundHalfEven)
          .reverse()
      : spacedTimesteps(config.timestep_spacing, trainSteps, steps, config.steps_offset);
  return {
    initialNoiseScale: 1,
    steps: timesteps.map((timestep) => {
      const alphaBar = alphasCumprod[timestep] ?? NaN;
      if (alphaBar === 0 && config.prediction_type === 'epsilon') {
        throw new AppError(
          'bad-request',
          'DDIM cannot start at zero signal with a model that predicts noise. Choose an Euler sampler.',
        );
      }
      const previous = timestep - stride;
      const previousAlphaBar = previous >= 0 ? (alphasCumprod[previous] ?? NaN) : finalAlphaBar;
      const alpha = Math.sqrt(alphaBar);
      const noise = Math.sqrt(1 - alphaBar);
      // The direction to x_t is ε = (x - α·x̂0) / noise, whatever the network predicts.
      const fromSample = Math.sqrt(1 - previousAlphaBar) / noise;
      return {
        timestep,
        inputScale: 1,
        ...cleanCoefficients(config.prediction_type, alpha, noise),
        fromSample,
        fromClean: Math.sqrt(previousAlphaBar) - fromSample * alpha,
        fromPreviousClean: 0,
        fromNoise: 0,
      };
    }),
  };
}
