import { z } from 'zod';
import { AppError } from '../shared/errors.ts';
import type { Checkpoint } from './types.ts';

/** alpha of the projection `{path}.{module}` of a given rank, or undefined where nothing is said. */
export type AlphaRule = (projection: string, rank: number) => number | undefined;

const positive = z.number().positive();
/** The PEFT configuration of the U-Net's adapter, as diffusers (0.34 and later) writes it. */
const metadataSchema = z.object({
  'unet.lora_alpha': positive.optional(),
  'unet.alpha_pattern': z.record(z.string(), positive).nullish(),
  /** Rank-stabilised LoRA (arXiv 2312.03732): the factor is alpha / √r. */
  'unet.use_rslora': z.boolean().nullish(),
});

/** PEFT's rule: a pattern is the end of a module's name, at a dot. */
function patternAlpha(
  patterns: Readonly<Record<string, number>> | null | undefined,
  projection: string,
): number | undefined {
  return Object.entries(patterns ?? {}).find(
    ([pattern]) => projection === pattern || projection.endsWith(`.${pattern}`),
  )?.[1];
}

/**
 * What the metadata of a safetensors file says of alpha (`lora_adapter_metadata`). Throws AppError
 * 'bad-lora' if it is there but cannot be understood, since a wrong alpha is a LoRA of another strength.
 */
export function metadataAlpha(checkpoint: Checkpoint): AlphaRule {
  const text = checkpoint.metadata['lora_adapter_metadata'];
  if (text === undefined) return () => undefined;
  let said: z.infer<typeof metadataSchema>;
  try {
    said = metadataSchema.parse(JSON.parse(text));
  } catch (thrown) {
    throw new AppError(
      'bad-lora',
      `"${checkpoint.name}" holds lora_adapter_metadata that cannot be read, so its strength is unknown. Save it again.`,
      { cause: thrown },
    );
  }
  return (projection, rank) => {
    const alpha = patternAlpha(said['unet.alpha_pattern'], projection) ?? said['unet.lora_alpha'];
    if (said['unet.use_rslora'] !== true) return alpha;
    return (alpha ?? rank) * Math.sqrt(rank);
  };
}
