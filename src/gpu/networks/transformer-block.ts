import { invariant } from '../../shared/errors.ts';
import type { StoredComponent } from '../../weights/types.ts';
import { multiHeadAttention, type AttentionSettings } from '../graph/attention.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import { groupNorm, layerNorm, linear } from '../graph/layers.ts';
import * as ops from '../graph/ops.ts';
import type { CrossAttentionLayer } from './cross-attention-layout.ts';
import { maskedCrossAttention, type CrossAttentionInputs } from './masked-cross-attention.ts';
import type { TransformerPlan } from './unet-plan.ts';

/** diffusers: `Transformer2DModel` normalises with 1e-6 whatever the U-Net's own epsilon is. */
const TRANSFORMER_NORM_EPSILON = 1e-6;
const LAYER_NORM_EPSILON = 1e-5;

export interface TransformerContext {
  readonly component: StoredComponent;
  readonly groups: number;
  readonly attention: AttentionSettings;
  /** By path of the attention. */
  readonly layers: ReadonlyMap<string, CrossAttentionLayer>;
  readonly crossAttention: CrossAttentionInputs;
}

/** x [B,C,h,w] → [B,C,h,w]: to tokens, through the basic blocks, and back, with a residual around all. */
export function spatialTransformer(
  g: GraphBuilder,
  x: Value,
  { path, channels, heads, layers }: TransformerPlan,
  context: TransformerContext,
): Value {
  const { component, groups } = context;
  const batch = ops.dim(x, 0);
  const normal = groupNorm(g, x, component, `${path}.norm`, { groups, epsilon: TRANSFORMER_NORM_EPSILON });
  const rows = ops.transpose(g, ops.reshape(g, normal, [batch, channels, -1]), [0, 2, 1]);
  let tokens = linear(g, rows, component, `${path}.proj_in`);
  for (const layer of layers) tokens = basicBlock(g, tokens, layer, heads, context);
  const picture = ops.transpose(g, linear(g, tokens, component, `${path}.proj_out`), [0, 2, 1]);
  return ops.add(g, ops.reshape(g, picture, x.shape), x);
}

/** Self-attention, masked cross-attention, gated feed-forward, each on a LayerNorm, each residual. */
function basicBlock(
  g: GraphBuilder,
  tokens: Value,
  path: string,
  heads: number,
  context: TransformerContext,
): Value {
  const { component } = context;
  const norm = (x: Value, name: string): Value =>
    layerNorm(g, x, component, `${path}.${name}`, { epsilon: LAYER_NORM_EPSILON });
  const layer = context.layers.get(`${path}.attn2`);
  invariant(layer !== undefined, () => `${path}.attn2 is not in the map of cross-attention layers.`);

  const own = ops.add(g, selfAttention(g, norm(tokens, 'norm1'), `${path}.attn1`, heads, context), tokens);
  const crossed = maskedCrossAttention(g, norm(own, 'norm2'), component, layer, context.crossAttention);
  const conditioned = ops.add(g, crossed, own);
  return ops.add(g, feedForward(g, norm(conditioned, 'norm3'), component, `${path}.ff`), conditioned);
}

function selfAttention(
  g: GraphBuilder,
  x: Value,
  path: string,
  heads: number,
  { component, attention }: TransformerContext,
): Value {
  const project = (name: string): Value => linear(g, x, component, `${path}.${name}`, { bias: false });
  const out = multiHeadAttention(g, project('to_q'), project('to_k'), project('to_v'), {
    heads,
    settings: attention,
  });
  return linear(g, out, component, `${path}.to_out.0`);
}

/** GEGLU (Shazeer, arXiv 2002.05202): the first half of the projection, gated by GELU of the second. */
function feedForward(g: GraphBuilder, x: Value, component: StoredComponent, path: string): Value {
  const projected = linear(g, x, component, `${path}.net.0.proj`);
  const half = ops.dim(projected, -1) / 2;
  const [value, gate] = ops.split(g, projected, -1, [half, half]);
  invariant(value !== undefined && gate !== undefined, () => `${path}: Split gave too few values.`);
  return linear(g, ops.mul(g, value, ops.gelu(g, gate)), component, `${path}.net.2`);
}
