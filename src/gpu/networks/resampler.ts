import { z } from 'zod';
import type { ParameterSpec, StoredComponent } from '../../weights/types.ts';
import { DEFAULT_ATTENTION, multiHeadAttention, type AttentionSettings } from '../graph/attention.ts';
import { GraphBuilder, type Value } from '../graph/graph.ts';
import { layerNorm, linear } from '../graph/layers.ts';
import * as ops from '../graph/ops.ts';
import type { GraphModel } from '../runtime/runtime.ts';
import { linearParameters, normParameters } from './parameters.ts';
import { FOURIER_FREQUENCIES, FOURIER_TEMPERATURE } from './fourier.ts';
import { parseConfig } from './parse-config.ts';

/** Sizes of MS-Diffusion's grounding Resampler, under its constructor's names. */
export const resamplerConfigSchema = z.object({
  dim: z.number().int().positive(),
  depth: z.number().int().positive(),
  dim_head: z.number().int().positive(),
  heads: z.number().int().positive(),
  num_queries: z.number().int().positive(),
  embedding_dim: z.number().int().positive(),
  output_dim: z.number().int().positive(),
  ff_mult: z.number().int().positive(),
  phrase_embeddings_dim: z.number().int().positive(),
  fourier_freqs: z.number().int().positive().default(FOURIER_FREQUENCIES),
  fourier_temperature: z.number().positive().default(FOURIER_TEMPERATURE),
});
export type ResamplerConfig = z.infer<typeof resamplerConfigSchema>;

/** Throws AppError 'bad-checkpoint' for a config this engine cannot run. */
export function parseResamplerConfig(config: unknown): ResamplerConfig {
  return parseConfig(resamplerConfigSchema, config, 'Resampler');
}

/** Length of the box's Fourier features: sine and cosine of four coordinates per frequency. */
export function fourierSize(config: ResamplerConfig): number {
  return 8 * config.fourier_freqs;
}

/** MS-Diffusion's layers have PyTorch's default epsilon. */
const EPSILON = 1e-5;
/** The group of the adapter file that holds the Resampler. */
const ROOT = 'image_proj';

/** Every tensor of the adapter's `image_proj` group, with that prefix. */
export function resamplerParameters(config: ResamplerConfig): readonly ParameterSpec[] {
  const { dim, embedding_dim: inSize, output_dim: outSize, num_queries: queries } = config;
  const inner = config.heads * config.dim_head;
  const weight = (path: string, rows: number, columns: number): ParameterSpec => ({
    name: `${path}.weight`,
    shape: [rows, columns],
    role: 'linear',
  });
  const layers = Array.from({ length: config.depth }, (_, index) => `${ROOT}.layers.${index}`);
  return [
    { name: `${ROOT}.grounding_latents`, shape: [1, queries, dim], role: 'exact' },
    ...linearParameters(`${ROOT}.latent_proj.0`, inSize, config.phrase_embeddings_dim + fourierSize(config)),
    ...linearParameters(`${ROOT}.latent_proj.2`, queries * dim, inSize),
    ...normParameters(`${ROOT}.latent_norm`, dim),
    ...linearParameters(`${ROOT}.proj_in`, dim, inSize),
    ...normParameters(`${ROOT}.attention_norm`, dim),
    ...linearParameters(`${ROOT}.proj_out`, outSize, dim),
    ...normParameters(`${ROOT}.norm_out`, outSize),
    ...layers.flatMap((path) => [
      ...normParameters(`${path}.0.norm1`, dim),
      ...normParameters(`${path}.0.norm2`, dim),
      weight(`${path}.0.to_q`, inner, dim),
      weight(`${path}.0.to_kv`, 2 * inner, dim),
      weight(`${path}.0.to_out`, dim, inner),
      ...normParameters(`${path}.1.0`, dim),
      weight(`${path}.1.1`, dim * config.ff_mult, dim),
      weight(`${path}.1.3`, dim, dim * config.ff_mult),
    ]),
  ];
}

export interface ResamplerOptions {
  /** Number of objects N. */
  readonly objects: number;
  /** Photo tokens of each object: the encoder's 1+n², plus the local ones if they are used. */
  readonly tokenCount: number;
  readonly attention?: AttentionSettings;
}

/**
 * `tokens` [N,T,E], `phrase` [N,P] (pooled state of the class phrase), `fourier` [N,F] (features of the
 * box) → `objectTokens` [N,Q,D] (RelationBooth, arXiv 2410.23280, eq. 9, in MS-Diffusion's layout).
 * Photo tokens carry no positions: their order does not matter.
 */
export function buildResampler(
  config: ResamplerConfig,
  component: StoredComponent,
  { objects, tokenCount, attention = DEFAULT_ATTENTION }: ResamplerOptions,
): GraphModel {
  const g = new GraphBuilder(component.name);
  const tokens = g.input('tokens', 'float32', [objects, tokenCount, config.embedding_dim]);
  const phrase = g.input('phrase', 'float32', [objects, config.phrase_embeddings_dim]);
  const fourier = g.input('fourier', 'float32', [objects, fourierSize(config)]);

  let latents = queryLatents(g, ops.concat(g, [phrase, fourier], 1), component, config);
  const x = linear(g, tokens, component, `${ROOT}.proj_in`);
  for (let index = 0; index < config.depth; index += 1) {
    latents = resamplerLayer(g, x, latents, component, `${ROOT}.layers.${index}`, config, attention);
  }
  latents = layerNorm(g, latents, component, `${ROOT}.attention_norm`, { epsilon: EPSILON });
  latents = linear(g, latents, component, `${ROOT}.proj_out`);
  g.output(layerNorm(g, latents, component, `${ROOT}.norm_out`, { epsilon: EPSILON }), 'objectTokens');
  return g.build();
}

/** Class phrase and box [N,P+F] → the first latents [N,Q,dim]. */
function queryLatents(
  g: GraphBuilder,
  grounding: Value,
  component: StoredComponent,
  config: ResamplerConfig,
): Value {
  const inner = ops.gelu(g, linear(g, grounding, component, `${ROOT}.latent_proj.0`));
  const flat = linear(g, inner, component, `${ROOT}.latent_proj.2`);
  const latents = ops.reshape(g, flat, [ops.dim(grounding, 0), config.num_queries, config.dim]);
  return layerNorm(g, latents, component, `${ROOT}.latent_norm`, { epsilon: EPSILON });
}

/** Latents attend to the photo tokens and to themselves, then a feed-forward block; both residual. */
function resamplerLayer(
  g: GraphBuilder,
  tokens: Value,
  latents: Value,
  component: StoredComponent,
  path: string,
  config: ResamplerConfig,
  settings: AttentionSettings,
): Value {
  const norm = (value: Value, name: string): Value =>
    layerNorm(g, value, component, `${path}.${name}`, { epsilon: EPSILON });
  const project = (value: Value, name: string): Value =>
    linear(g, value, component, `${path}.${name}`, { bias: false });

  const queries = norm(latents, '0.norm2');
  const context = ops.concat(g, [norm(tokens, '0.norm1'), queries], 1);
  const inner = config.heads * config.dim_head;
  const both = project(context, '0.to_kv');
  const key = ops.slice(g, both, -1, 0, inner);
  const value = ops.slice(g, both, -1, inner, 2 * inner);
  const attended = multiHeadAttention(g, project(queries, '0.to_q'), key, value, {
    heads: config.heads,
    settings,
  });
  const mixed = ops.add(g, latents, project(attended, '0.to_out'));
  const wide = ops.gelu(g, project(norm(mixed, '1.0'), '1.1'));
  return ops.add(g, mixed, project(wide, '1.3'));
}
