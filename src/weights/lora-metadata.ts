import { z } from 'zod';
import { AppError } from '../shared/errors.ts';
import type { Checkpoint } from './types.ts';

/** alpha of the projection `{path}.{module}` of a given rank, or undefined where nothing is said. */
export type AlphaRule = (projection: string, rank: number) => number | undefined;

const positive = z.number().positive();
/** Networks that a LoRA may change, as the metadata names them. */
export type AdaptedNetwork = 'unet' | TextNetwork;
export type TextNetwork = 'text_encoder' | 'text_encoder_2';
/** The PEFT configuration of one network's adapter, as diffusers (0.34 and later) writes it after "unet." and so on. */
const adapterSchema = z.object({
  lora_alpha: positive.optional(),
  alpha_pattern: z.record(z.string(), positive).nullish(),
  /** Rank-stabilised LoRA (arXiv 2312.03732): the factor is alpha / √r. */
  use_rslora: z.boolean().nullish(),
});
const metadataSchema = z.record(z.string(), z.unknown());

function adapterOf(text: string, network: AdaptedNetwork): z.infer<typeof adapterSchema> {
  const entries = Object.entries(metadataSchema.parse(JSON.parse(text)));
  const own = entries
    .filter(([key]) => key.startsWith(`${network}.`))
    .map(([key, value]) => [key.slice(network.length + 1), value]);
  return adapterSchema.parse(Object.fromEntries(own));
}

/** PEFT's rule: a pattern is the end of a module's name, at a dot. */
function patternAlpha(
  patterns: Readonly<Record<string, number>> | null | undefined,
  projection: string,
): number | undefined {
  return Object.entries(patterns ?? {}).find(
    ([pattern]) => projection === pattern || projection.endsWith(`.${pattern}`),
  )?.[1];
}

/** The network of a layer that `parseLoraKey` found, and the layer's path in it. */
export function networkOf(path: string): { readonly network: AdaptedNetwork; readonly inner: string } {
  const [, network, inner] = /^(text_encoder(?:_2)?)\.(.*)$/.exec(path) ?? [];
  if (network === 'text_encoder' || network === 'text_encoder_2') return { network, inner: inner ?? '' };
  return { network: 'unet', inner: path };
}

/**
 * What the metadata of a safetensors file says of one network's alpha (`lora_adapter_metadata`). Throws AppError
 * 'bad-lora' if it is there but cannot be understood, since a wrong alpha is a LoRA of another strength.
 */
export function metadataAlpha(checkpoint: Checkpoint, network: AdaptedNetwork): AlphaRule {
  const text = checkpoint.metadata['lora_adapter_metadata'];
  if (text === undefined) return () => undefined;
  let said: z.infer<typeof adapterSchema>;
  try {
    said = adapterOf(text, network);
  } catch (thrown) {
    throw new AppError(
      'bad-lora',
      `"${checkpoint.name}" holds lora_adapter_metadata that cannot be read, so its strength is unknown. Save it again.`,
      { cause: thrown },
    );
  }
  return (projection, rank) => {
    const alpha = patternAlpha(said.alpha_pattern, projection) ?? said.lora_alpha;
    if (said.use_rslora !== true) return alpha;
    return (alpha ?? rank) * Math.sqrt(rank);
  };
}
