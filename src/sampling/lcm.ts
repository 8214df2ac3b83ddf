import { AppError } from '../shared/errors.ts';
import type { NoiseSchedule } from './noise-schedule.ts';
import type { SamplerPlan } from './sampler.ts';
import { cleanCoefficients } from './sampler.ts';
import type { SchedulerConfig } from './scheduler-config.ts';

/** σ_data of the boundary condition of latent consistency models (arXiv 2310.04378, section 4). */
const SIGMA_DATA = 0.5;

/**
 * Multistep sampling of a latent consistency model (arXiv 2310.04378, algorithm 3); equal to diffusers'
 * LCMScheduler. Throws AppError 'bad-request' for more steps than the distillation grid has.
 */
export function lcmPlan(schedule: NoiseSchedule, config: SchedulerConfig, steps: number): SamplerPlan {
  const gridSize = config.original_inference_steps;
  if (steps > gridSize) {
    throw new AppError(
      'bad-request',
      `LCM takes at most ${gridSize} steps (4 to 8 are usual), got ${steps}.`,
    );
  }
  const stride = Math.floor(config.num_train_timesteps / gridSize);
  const timesteps = Array.from({ length: steps }, (_, index) => {
    const gridIndex = Math.floor(index * (gridSize / steps));
    return (gridSize - gridIndex) * stride - 1;
  });
  const { alphasCumprod } = schedule;
  return {
    initialNoiseScale: 1,
    steps: timesteps.map((timestep, index) => {
      const alphaBar = alphasCumprod[timestep] ?? NaN;
      const { cleanFromSample, cleanFromPrediction } = cleanCoefficients(
        config.prediction_type,
        Math.sqrt(alphaBar),
        Math.sqrt(1 - alphaBar),
      );
      const scaled = timestep * config.timestep_scaling;
      const skip = SIGMA_DATA ** 2 / (scaled ** 2 + SIGMA_DATA ** 2);
      const out = scaled / Math.sqrt(scaled ** 2 + SIGMA_DATA ** 2);
      const nextTimestep = timesteps[index + 1];
      const nextAlphaBar = nextTimestep === undefined ? 1 : (alphasCumprod[nextTimestep] ?? NaN);
      return {
        timestep,
        inputScale: 1,
        // The consistency function's output takes the place of x̂0.
        cleanFromSample: out * cleanFromSample + skip,
        cleanFromPrediction: out * cleanFromPrediction,
        fromSample: 0,
        fromClean: Math.sqrt(nextAlphaBar),
        fromPreviousClean: 0,
        fromNoise: Math.sqrt(1 - nextAlphaBar),
      };
    }),
  };
}
