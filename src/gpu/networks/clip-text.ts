import { z } from 'zod';
import type { ParameterSpec, StoredComponent } from '../../weights/types.ts';
import { DEFAULT_ATTENTION, type AttentionSettings } from '../graph/attention.ts';
import { GraphBuilder, type Value } from '../graph/graph.ts';
import { embedding, layerNorm, linear, parameter } from '../graph/layers.ts';
import * as ops from '../graph/ops.ts';
import type { GraphModel } from '../runtime/runtime.ts';
import { clipLayer, clipLayerSchema, clipLayerParameters } from './clip-layer.ts';
import type { LoraGroup } from './lora-groups.ts';
import { type LowRankOf, lowRankInputs } from './low-rank.ts';
import { normParameters } from './parameters.ts';
import { parseConfig } from './parse-config.ts';

/** transformers config.json of CLIPTextModel or CLIPTextModelWithProjection. */
export const clipTextConfigSchema = clipLayerSchema.extend({
  architectures: z.array(z.enum(['CLIPTextModel', 'CLIPTextModelWithProjection'])).min(1),
  vocab_size: z.number().int().positive(),
  max_position_embeddings: z.number().int().positive(),
  projection_dim: z.number().int().positive(),
});
export type ClipTextConfig = z.infer<typeof clipTextConfigSchema>;

/** Throws AppError 'bad-checkpoint' for a config this engine cannot run. */
export function parseClipTextConfig(config: unknown): ClipTextConfig {
  return parseConfig(clipTextConfigSchema, config, 'CLIP text encoder');
}

function hasProjection(config: ClipTextConfig): boolean {
  return config.architectures.includes('CLIPTextModelWithProjection');
}

/**
 * The name under which the engine knows a checkpoint's tensor, or undefined for what is no parameter of
 * the tower (the position buffer of old files). transformers 5 writes CLIPTextModel without the
 * `text_model.` that the published files have.
 */
export function clipTextTensorName(config: ClipTextConfig, name: string): string | undefined {
  if (name.endsWith('embeddings.position_ids')) return undefined;
  if (name === 'text_projection.weight') return hasProjection(config) ? name : undefined;
  return name.startsWith('text_model.') ? name : `text_model.${name}`;
}

/** Every tensor of the tower, by its name in the published checkpoints. */
export function clipTextParameters(config: ClipTextConfig): readonly ParameterSpec[] {
  const width = config.hidden_size;
  const layers = Array.from({ length: config.num_hidden_layers }, (_, index) => index);
  return [
    {
      name: 'text_model.embeddings.token_embedding.weight',
      shape: [config.vocab_size, width],
      role: 'embedding',
    },
    {
      name: 'text_model.embeddings.position_embedding.weight',
      shape: [config.max_position_embeddings, width],
      role: 'exact',
    },
    ...layers.flatMap((index) => clipLayerParameters(`text_model.encoder.layers.${index}`, config)),
    ...normParameters('text_model.final_layer_norm', width),
    ...(hasProjection(config)
      ? [{ name: 'text_projection.weight', shape: [config.projection_dim, width], role: 'linear' } as const]
      : []),
  ];
}

export interface ClipTextOptions {
  readonly batch: number;
  readonly attention?: AttentionSettings;
  /** Position whose embedding comes in as `word` [B,C] instead of from the table. */
  readonly wordPlace?: number;
  /** Rank of the low-rank inputs of its layers, and the groups they come in; without it there are none. */
  readonly lora?: { readonly rank: number; readonly groups: readonly LoraGroup[] };
}

/**
 * `ids` int64 [B,77] and `eos` int64 [B] (position of the first end token) → `hidden` [B,77,C], the input
 * of the last layer without the final norm, as SDXL reads it, and `pooled`: the normed last state at
 * `eos` [B,C], projected to [B,P] for CLIPTextModelWithProjection.
 */
export function buildClipText(
  config: ClipTextConfig,
  component: StoredComponent,
  { batch, attention = DEFAULT_ATTENTION, wordPlace, lora = { rank: 0, groups: [] } }: ClipTextOptions,
): GraphModel {
  const g = new GraphBuilder(component.name);
  const lowRankInput = lowRankInputs(g, lora.groups, { rank: lora.rank, type: 'float32' });
  const lowRank: LowRankOf = (path) => lowRankInput(`${component.name}.${path}`);
  const { hidden_size: width, max_position_embeddings: length } = config;
  const ids = g.input('ids', 'int64', [batch, length]);
  const eos = g.input('eos', 'int64', [batch]);

  const tokens = embedding(g, ids, component, 'text_model.embeddings.token_embedding');
  const positions = parameter(g, component, 'text_model.embeddings.position_embedding.weight', [
    length,
    width,
  ]);
  const bias = causalMask(g, length);
  const last = config.num_hidden_layers - 1;
  const placed = wordPlace === undefined ? tokens : withWord(g, tokens, wordPlace);
  let x = ops.add(g, placed, positions);
  for (let index = 0; index < last; index += 1) {
    x = clipLayer(g, x, component, `text_model.encoder.layers.${index}`, config, {
      attention,
      bias,
      lowRank,
    });
  }
  g.output(x, 'hidden');

  const final = clipLayer(g, x, component, `text_model.encoder.layers.${last}`, config, {
    attention,
    bias,
    lowRank,
  });
  const pooled = layerNorm(g, rowAt(g, final, eos), component, 'text_model.final_layer_norm', {
    epsilon: config.layer_norm_eps,
  });
  const projected = hasProjection(config)
    ? linear(g, pooled, component, 'text_projection', { bias: false })
    : pooled;
  g.output(projected, 'pooled');
  return g.build();
}

/** Token embeddings [B,T,C] with the input `word` [B,C] at one position. */
function withWord(g: GraphBuilder, tokens: Value, place: number): Value {
  const [batch, length, width] = [ops.dim(tokens, 0), ops.dim(tokens, 1), ops.dim(tokens, 2)];
  const word = ops.reshape(g, g.input('word', 'float32', [batch, width]), [batch, 1, width]);
  const before = ops.slice(g, tokens, 1, 0, place);
  return ops.concat(g, [before, word, ops.slice(g, tokens, 1, place + 1, length)], 1);
}

/** [1,1,T,T]: later positions are out of sight. exp(−10⁴) is zero in every float type. */
function causalMask(g: GraphBuilder, length: number): Value {
  const mask = new Float32Array(length * length);
  for (let row = 0; row < length; row += 1) mask.fill(-10000, row * length + row + 1, (row + 1) * length);
  return g.constant('float32', [1, 1, length, length], mask);
}

/** x [B,T,C], positions [B] → [B,C] */
function rowAt(g: GraphBuilder, x: Value, positions: Value): Value {
  const [batch, length, width] = [ops.dim(x, 0), ops.dim(x, 1), ops.dim(x, 2)];
  const starts = BigInt64Array.from({ length: batch }, (_, index) => BigInt(index * length));
  const rows = ops.add(g, positions, g.constant('int64', [batch], starts));
  return ops.gather(g, ops.reshape(g, x, [batch * length, width]), rows);
}
