import { AppError } from '../shared/errors.ts';
import type { SamplerKind } from '../shared/request.ts';
import { ddimPlan } from './ddim.ts';
import { dpmpp2mPlan } from './dpmpp-2m.ts';
import { eulerAncestralPlan, eulerPlan } from './euler.ts';
import { lcmPlan } from './lcm.ts';
import { createNoiseSchedule } from './noise-schedule.ts';
import type { SamplerPlan } from './sampler.ts';
import type { SchedulerConfig } from './scheduler-config.ts';

/**
 * The steps of a named sampler for a checkpoint's scheduler configuration. Each kind equals a diffusers
 * 0.42.1 class made by `from_config`:
 * 'euler' EulerDiscreteScheduler, 'euler-trailing' the same with `timestep_spacing="trailing"`,
 * 'euler-ancestral' EulerAncestralDiscreteScheduler, 'ddim' DDIMScheduler (`clip_sample=False`),
 * 'dpmpp-2m' DPMSolverMultistepScheduler, 'dpmpp-2m-karras' the same with `use_karras_sigmas=True`,
 * 'lcm' LCMScheduler. Throws AppError 'bad-request' if the number of steps does not fit.
 */
export function createSamplerPlan(kind: SamplerKind, config: SchedulerConfig, steps: number): SamplerPlan {
  if (!Number.isInteger(steps) || steps < 1 || steps > config.num_train_timesteps) {
    throw new AppError(
      'bad-request',
      `Expected a whole number of steps from 1 to ${config.num_train_timesteps}, got ${steps}.`,
    );
  }
  const schedule = createNoiseSchedule(config);
  switch (kind) {
    case 'euler':
      return eulerPlan(schedule, config, steps);
    case 'euler-trailing':
      return eulerPlan(schedule, { ...config, timestep_spacing: 'trailing' }, steps);
    case 'euler-ancestral':
      return eulerAncestralPlan(schedule, config, steps);
    case 'ddim':
      return ddimPlan(schedule, config, steps);
    case 'dpmpp-2m':
      return dpmpp2mPlan(schedule, config, steps, config.use_karras_sigmas);
    case 'dpmpp-2m-karras':
      return dpmpp2mPlan(schedule, config, steps, true);
    case 'lcm':
      return lcmPlan(schedule, config, steps);
  }
}
