import { invariant } from '../../shared/errors.ts';
import type { StoredComponent } from '../../weights/types.ts';
import { multiHeadAttention, type AttentionSettings } from '../graph/attention.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import { addLayerNorm, groupNorm, layerNorm, linear } from '../graph/layers.ts';
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
  // Tokens are a matrix [B·P,C] in between: most layers look at one token, and a Gemm with its bias takes it so.
  let tokens = linear(g, ops.reshape(g, rows, [-1, channels]), component, `${path}.proj_in`);
  for (const layer of layers) tokens = basicBlock(g, tokens, layer, { heads, batch }, context);
  const projected = linear(g, tokens, component, `${path}.proj_out`);
  const picture = ops.transpose(g, ops.reshape(g, projected, [batch, -1, channels]), [0, 2, 1]);
  return ops.add(g, ops.reshape(g, picture, x.shape), x);
}

interface TokenShape {
  readonly heads: number;
  readonly batch: number;
}

/** Self-attention, masked cross-attention, gated feed-forward of tokens [B·P,C], each on a LayerNorm, each residual. */
function basicBlock(
  g: GraphBuilder,
  tokens: Value,
  path: string,
  shape: TokenShape,
  context: TransformerContext,
): Value {
  const { component } = context;
  const epsilon = LAYER_NORM_EPSILON;
  const layer = context.layers.get(`${path}.attn2`);
  invariant(layer !== undefined, () => `${path}.attn2 is not in the map of cross-attention layers.`);

  const first = layerNorm(g, tokens, component, `${path}.norm1`, { epsilon });
  const seen = selfAttention(g, first, `${path}.attn1`, shape, context);
  const own = addLayerNorm(g, seen, tokens, component, `${path}.norm2`, { epsilon });
  const crossed = maskedCrossAttention(g, own.normal, component, layer, context.crossAttention);
  const conditioned = addLayerNorm(g, crossed, own.sum, component, `${path}.norm3`, { epsilon });
  return ops.add(g, feedForward(g, conditioned.normal, component, `${path}.ff`), conditioned.sum);
}

/** x [B·P,C] → [B·P,C] */
function selfAttention(
  g: GraphBuilder,
  x: Value,
  path: string,
  { heads, batch }: TokenShape,
  { component, attention }: TransformerContext,
): Value {
  const project = (name: string): Value => {
    const rows = linear(g, x, component, `${path}.${name}`, { bias: false });
    return ops.reshape(g, rows, [batch, -1, ops.dim(x, 1)]);
  };
  const out = multiHeadAttention(g, project('to_q'), project('to_k'), project('to_v'), {
    heads,
    settings: attention,
  });
  return linear(g, ops.reshape(g, out, x.shape), component, `${path}.to_out.0`);
}

/** GEGLU (Shazeer, arXiv 2002.05202): the first half of the projection, gated by GELU of the second. */
function feedForward(g: GraphBuilder, x: Value, component: StoredComponent, path: string): Value {
  // Two products instead of one and a Split, which copies the widest activation of the network.
  const width = 4 * ops.dim(x, -1);
  const part = (start: number): Value =>
    linear(g, x, component, `${path}.net.0.proj`, { rows: [start, start + width] });
  const value = part(0);
  const gate = part(width);
  return linear(g, ops.mul(g, value, ops.gelu(g, gate)), component, `${path}.net.2`);
}
