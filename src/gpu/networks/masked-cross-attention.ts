import { invariant } from '../../shared/errors.ts';
import type { StoredComponent } from '../../weights/types.ts';
import { type AttentionSettings, keyValueAttention } from '../graph/attention.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import * as ops from '../graph/ops.ts';
import type { CrossAttentionLayer } from './cross-attention-layout.ts';
import { adaptedLinear, type LowRankOf } from './low-rank.ts';

/** What every cross-attention layer of a step shares; see `buildUnet` for shapes. */
export interface CrossAttentionInputs {
  /** [B,ΣH,77,d] */
  readonly textKeys: Value;
  /** [B,ΣH,77,d] */
  readonly textValues: Value;
  /** [1,ΣH,64,d] */
  readonly imageKeys: Value;
  /** [1,ΣH,64,d], already scaled by each object's weight. */
  readonly imageValues: Value;
  /** One a resolution: [1,1,P,64]. */
  readonly imageBias: readonly Value[];
  /** One a resolution: [1,P,1]. */
  readonly imageGain: readonly Value[];
  readonly attention: AttentionSettings;
}

/**
 * Masked parallel cross-attention of one layer: h [B·P,C] (normalised) → [B·P,C].
 *
 * h' = Wo(softmax(q Kᵀ/√d) V + γ · softmax(q K_imgᵀ/√d + bias) V_img) with q shared by both branches
 * (RelationBooth, arXiv 2410.23280, eq. 6; MS-Diffusion, arXiv 2406.07209). The image branch belongs to
 * the last row of the batch, the conditional one: without boxes its share of the unconditional row is
 * exactly zero. RelationLoRA acts on q and on the output projection; on keys and values it is already
 * part of the inputs.
 */
export function maskedCrossAttention(
  g: GraphBuilder,
  h: Value,
  component: StoredComponent,
  layer: CrossAttentionLayer,
  inputs: CrossAttentionInputs,
  lowRank: LowRankOf,
): Value {
  const { path, channels, heads, headOffset } = layer;
  // One Slice a layer, not one Split for all: onnxruntime 1.30's WebGPU Split binds every output at once
  // and fails beyond the device's storage buffers per shader.
  const ofLayer = (packed: Value): Value => ops.slice(g, packed, 1, headOffset, headOffset + heads);
  const settings = inputs.attention;
  const batch = ops.dim(inputs.textKeys, 0);

  const rows = adaptedLinear(g, h, component, `${path}.to_q`, lowRank, { bias: false });
  const q = ops.reshape(g, rows, [batch, -1, channels]);
  const text = keyValueAttention(g, q, ofLayer(inputs.textKeys), ofLayer(inputs.textValues), { settings });

  const conditional = ops.slice(g, q, 0, batch - 1, batch);
  const seen = keyValueAttention(g, conditional, ofLayer(inputs.imageKeys), ofLayer(inputs.imageValues), {
    settings,
    bias: ofResolution(inputs.imageBias, layer),
  });
  const image = ops.mul(g, seen, ofResolution(inputs.imageGain, layer));
  const both = batch === 1 ? image : ops.pad(g, image, [batch - 1, 0, 0], [0, 0, 0]);
  const joined = ops.reshape(g, ops.add(g, text, both), h.shape);
  return adaptedLinear(g, joined, component, `${path}.to_out.0`, lowRank);
}

function ofResolution(values: readonly Value[], { path, resolution }: CrossAttentionLayer): Value {
  const value = values[resolution];
  invariant(value !== undefined, () => `${path} has no mask of resolution ${resolution}.`);
  return value;
}
