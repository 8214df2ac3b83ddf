import { z } from 'zod';
import { AppError } from '../shared/errors.ts';

/**
 * The fields of a diffusers `scheduler_config.json` that decide the noise schedule, with diffusers'
 * default values. Options that change the numbers and are not implemented are refused by name, so that
 * a checkpoint never runs with a schedule it was not made for.
 */
const schedulerConfigSchema = z
  .object({
    num_train_timesteps: z.number().int().min(2).max(10_000).default(1000),
    beta_start: z.number().positive().max(1).default(0.0001),
    beta_end: z.number().positive().max(1).default(0.02),
    beta_schedule: z.enum(['linear', 'scaled_linear']).default('linear'),
    trained_betas: z.null().optional(),
    prediction_type: z.enum(['epsilon', 'sample', 'v_prediction']).default('epsilon'),
    rescale_betas_zero_snr: z.boolean().default(false),
    timestep_spacing: z.enum(['linspace', 'leading', 'trailing']).default('linspace'),
    timestep_type: z.literal('discrete').default('discrete'),
    interpolation_type: z.literal('linear').default('linear'),
    steps_offset: z.number().int().min(0).default(0),
    use_karras_sigmas: z.boolean().default(false),
    use_exponential_sigmas: z.literal(false).nullish(),
    use_beta_sigmas: z.literal(false).nullish(),
    final_sigmas_type: z.literal('zero').default('zero'),
    sigma_min: z.null().optional(),
    sigma_max: z.null().optional(),
    /** Clipping is for pixel-space models; DDIM's class default of `true` is not applied to latents. */
    clip_sample: z.literal(false).default(false),
    thresholding: z.literal(false).default(false),
    set_alpha_to_one: z.boolean().default(true),
    original_inference_steps: z.number().int().min(1).default(50),
    timestep_scaling: z.number().positive().default(10),
    /** From the pipeline of diffusers, not its scheduler: φ of arXiv 2305.08891, section 3.4. */
    guidance_rescale: z.number().min(0).max(1).default(0),
  })
  .readonly();

export type SchedulerConfig = z.infer<typeof schedulerConfigSchema>;
export type PredictionType = SchedulerConfig['prediction_type'];
export type TimestepSpacing = SchedulerConfig['timestep_spacing'];

/** Reads a parsed `scheduler_config.json`; throws AppError 'bad-pack' naming the first option it cannot follow. */
export function parseSchedulerConfig(json: unknown): SchedulerConfig {
  const parsed = schedulerConfigSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new AppError(
    'bad-pack',
    `The scheduler configuration has an unsupported value at "${issue?.path.join('.') ?? ''}": ${issue?.message ?? 'not an object'}. ` +
      'Use the scheduler_config.json of an SDXL checkpoint.',
  );
}
