import { z } from 'zod';
import type { ParameterSpec, StoredComponent } from '../../weights/types.ts';
import { multiHeadAttention, type AttentionSettings } from '../graph/attention.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import { layerNorm, linear } from '../graph/layers.ts';
import * as ops from '../graph/ops.ts';
import { adaptedLinear, type LowRankOf } from './low-rank.ts';
import { linearParameters, normParameters } from './parameters.ts';

/** The fields of a transformers CLIP config that both towers share. */
export const clipLayerSchema = z.object({
  hidden_size: z.number().int().positive(),
  intermediate_size: z.number().int().positive(),
  num_hidden_layers: z.number().int().positive(),
  num_attention_heads: z.number().int().positive(),
  layer_norm_eps: z.number().positive().default(1e-5),
  hidden_act: z.enum(['quick_gelu', 'gelu']).default('quick_gelu'),
});
export type ClipLayerConfig = z.infer<typeof clipLayerSchema>;

/** Parameters of one CLIPEncoderLayer. */
export function clipLayerParameters(path: string, config: ClipLayerConfig): readonly ParameterSpec[] {
  const { hidden_size: width, intermediate_size: inner } = config;
  return [
    ...['q_proj', 'k_proj', 'v_proj', 'out_proj'].flatMap((name) =>
      linearParameters(`${path}.self_attn.${name}`, width, width),
    ),
    ...normParameters(`${path}.layer_norm1`, width),
    ...linearParameters(`${path}.mlp.fc1`, inner, width),
    ...linearParameters(`${path}.mlp.fc2`, width, inner),
    ...normParameters(`${path}.layer_norm2`, width),
  ];
}

export interface ClipLayerOptions {
  readonly attention: AttentionSettings;
  /** Added to the scores: the causal mask of the text towers. */
  readonly bias?: Value;
  /** Changes of its linear layers, by their path in the tower. */
  readonly lowRank?: LowRankOf;
}

const UNCHANGED: LowRankOf = () => undefined;

/** One pre-norm transformer layer: x [B,T,C] → [B,T,C]. */
export function clipLayer(
  g: GraphBuilder,
  x: Value,
  component: StoredComponent,
  path: string,
  config: ClipLayerConfig,
  { attention, bias, lowRank = UNCHANGED }: ClipLayerOptions,
): Value {
  const normal = layerNorm(g, x, component, `${path}.layer_norm1`, { epsilon: config.layer_norm_eps });
  const project = (name: string, value: Value): Value =>
    adaptedLinear(g, value, component, `${path}.self_attn.${name}`, lowRank);
  const attended = multiHeadAttention(
    g,
    project('q_proj', normal),
    project('k_proj', normal),
    project('v_proj', normal),
    {
      heads: config.num_attention_heads,
      settings: attention,
      ...(bias === undefined ? {} : { bias }),
    },
  );
  return clipFeedForward(g, ops.add(g, x, project('out_proj', attended)), component, path, config, lowRank);
}

/**
 * The layer without queries, keys and softmax: each position keeps its own value (MaskCLIP's dense
 * features; RelationBooth, arXiv 2410.23280, eq. 8). x [B,T,C] → [B,T,C].
 */
export function clipLayerValuePath(
  g: GraphBuilder,
  x: Value,
  component: StoredComponent,
  path: string,
  config: ClipLayerConfig,
): Value {
  const normal = layerNorm(g, x, component, `${path}.layer_norm1`, { epsilon: config.layer_norm_eps });
  const values = linear(g, normal, component, `${path}.self_attn.v_proj`);
  const mixed = linear(g, values, component, `${path}.self_attn.out_proj`);
  return clipFeedForward(g, ops.add(g, x, mixed), component, path, config, UNCHANGED);
}

function clipFeedForward(
  g: GraphBuilder,
  x: Value,
  component: StoredComponent,
  path: string,
  config: ClipLayerConfig,
  lowRank: LowRankOf,
): Value {
  const normal = layerNorm(g, x, component, `${path}.layer_norm2`, { epsilon: config.layer_norm_eps });
  const inner = adaptedLinear(g, normal, component, `${path}.mlp.fc1`, lowRank);
  const active = config.hidden_act === 'gelu' ? ops.gelu(g, inner) : ops.quickGelu(g, inner);
  return ops.add(g, x, adaptedLinear(g, active, component, `${path}.mlp.fc2`, lowRank));
}
