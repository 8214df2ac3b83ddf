import { invariant } from '../../shared/errors.ts';
import type { StoredComponent } from '../../weights/types.ts';
import { multiHeadAttention, type AttentionSettings } from '../graph/attention.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import { addLayerNorm, groupNorm, layerNorm } from '../graph/layers.ts';
import * as ops from '../graph/ops.ts';
import type { CrossAttentionLayer } from './cross-attention-layout.ts';
import { adaptedLinear, type LowRankOf } from './low-rank.ts';
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
  readonly lowRank: LowRankOf;
}

/** x [B,C,h,w] → [B,C,h,w]: to tokens, through the basic blocks, and back, with a residual around all. */
export function spatialTransformer(
  g: GraphBuilder,
  x: Value,
  { path, channels, heads, layers }: TransformerPlan,
  context: TransformerContext,
): Value {
  const { component, groups, lowRank } = context;
  const batch = ops.dim(x, 0);
  const normal = groupNorm(g, x, component, `${path}.norm`, { groups, epsilon: TRANSFORMER_NORM_EPSILON });
  const rows = ops.transpose(g, ops.reshape(g, normal, [batch, channels, -1]), [0, 2, 1]);
  // Tokens are a matrix [B·P,C] in between: most layers look at one token, and a Gemm with its bias takes it so.
  const matrix = ops.reshape(g, rows, [-1, channels]);
  let tokens = adaptedLinear(g, matrix, component, `${path}.proj_in`, lowRank);
  for (const layer of layers) tokens = basicBlock(g, tokens, layer, { heads, batch }, context);
  const projected = adaptedLinear(g, tokens, component, `${path}.proj_out`, lowRank);
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
  const { component, crossAttention, lowRank } = context;
  const epsilon = LAYER_NORM_EPSILON;
  const layer = context.layers.get(`${path}.attn2`);
  invariant(layer !== undefined, () => `${path}.attn2 is not in the map of cross-attention layers.`);

  const first = layerNorm(g, tokens, component, `${path}.norm1`, { epsilon });
  const seen = selfAttention(g, first, `${path}.attn1`, shape, context);
  const own = addLayerNorm(g, seen, tokens, component, `${path}.norm2`, { epsilon });
  const crossed = maskedCrossAttention(g, own.normal, component, layer, crossAttention, lowRank);
  const conditioned = addLayerNorm(g, crossed, own.sum, component, `${path}.norm3`, { epsilon });
  return ops.add(g, feedForward(g, conditioned.normal, `${path}.ff`, context), conditioned.sum);
}

/** x [B·P,C] → [B·P,C] */
function selfAttention(
  g: GraphBuilder,
  x: Value,
  path: string,
  { heads, batch }: TokenShape,
  { component, attention, lowRank }: TransformerContext,
): Value {
  const project = (name: string): Value => {
    const rows = adaptedLinear(g, x, component, `${path}.${name}`, lowRank, { bias: false });
    return ops.reshape(g, rows, [batch, -1, ops.dim(x, 1)]);
  };
  const out = multiHeadAttention(g, project('to_q'), project('to_k'), project('to_v'), {
    heads,
    settings: attention,
  });
  return adaptedLinear(g, ops.reshape(g, out, x.shape), component, `${path}.to_out.0`, lowRank);
}

/** GEGLU (Shazeer, arXiv 2002.05202): the first half of the projection, gated by GELU of the second. */
function feedForward(g: GraphBuilder, x: Value, path: string, context: TransformerContext): Value {
  const { component, lowRank } = context;
  // Two products instead of one and a Split, which copies the widest activation of the network.
  const width = 4 * ops.dim(x, -1);
  const part = (start: number): Value =>
    adaptedLinear(g, x, component, `${path}.net.0.proj`, lowRank, { rows: [start, start + width] });
  const value = part(0);
  const gate = part(width);
  return adaptedLinear(g, ops.mul(g, value, ops.gelu(g, gate)), component, `${path}.net.2`, lowRank);
}
