import { invariant } from '../../shared/errors.ts';
import type { StoredComponent } from '../../weights/types.ts';
import { DEFAULT_ATTENTION, type AttentionSettings } from '../graph/attention.ts';
import { GraphBuilder, type Value } from '../graph/graph.ts';
import { conv2d } from '../graph/layers.ts';
import * as ops from '../graph/ops.ts';
import type { GraphModel } from '../runtime/runtime.ts';
import {
  attentionResolutions,
  crossAttentionLayout,
  type CrossAttentionLayout,
} from './cross-attention-layout.ts';
import { type ComputeType, TEXT_TOKENS } from './cross-attention-kv.ts';
import { crossAttentionLoraGroups, linearLoraGroups } from './lora-groups.ts';
import { DEFAULT_LORA_RANK } from './lora-inputs.ts';
import { type LowRankOf, lowRankInputs } from './low-rank.ts';
import { IMAGE_TOKENS } from './masks.ts';
import type { CrossAttentionInputs } from './masked-cross-attention.ts';
import { normSilu, resnetBlock, upsample } from './resnet-block.ts';
import { timeEmbedding } from './time-embedding.ts';
import { spatialTransformer, type TransformerContext } from './transformer-block.ts';
import type { UnetConfig } from './unet-config.ts';
import { planUnet, type BlockPlan } from './unet-plan.ts';

export interface UnetOptions {
  /** 2: unconditional row, then conditional row (guidance on). 1: conditional row only. */
  readonly batch: 1 | 2;
  /** Latent size in cells, one eighth of the picture for SDXL. */
  readonly latentHeight: number;
  readonly latentWidth: number;
  /** Rank that cross-attention's LoRA inputs are padded to; 0 leaves them out, for measuring what they cost. */
  readonly loraRank?: number;
  /** The same of all other linear layers, where a LoRA changes one of them; 0, the default, leaves them out. */
  readonly linearLoraRank?: number;
  readonly attention?: AttentionSettings;
  /** What the step computes in; float16 only where the device has it. Group norms and softmax stay in float32. */
  readonly computeType?: ComputeType;
}

/**
 * One denoising step of an SDXL U-Net with MS-Diffusion's image branch and RelationLoRA as inputs.
 * Prompt, boxes, objects and LoRA are inputs: only the picture's size, guidance on or off, a larger LoRA
 * rank, and LoRAs on more than cross-attention need another graph.
 *
 * Inputs, all float32 but the keys and values and the LoRA's, which have the compute type, with ΣH heads of
 * d over all cross-attention layers and 64 image tokens:
 * `sample` [B,C,h,w] (scaled as the sampler asks), `timestep` [1], `pooled` [B,P], `timeIds` [B,6],
 * `textK` and `textV` [B,ΣH,77,d], `imageK` and `imageV` [1,ΣH,64,d] (see
 * cross-attention-kv.ts), `imageBias.{k}` [1,1,P,64], `imageGain.{k}` [1,P,1], `objectWeight` [1,1,64,1]
 * (masks.ts), `loraQDown.{C}` [L,C,R], `loraQUp.{C}` [L,R,C], `loraOutDown.{C}`, `loraOutUp.{C}` and, with
 * `linearLoraRank`, a pair for each of the other groups of lora-groups.ts (lora-inputs.ts fills them).
 * Output: `output` [B,C,h,w], the model's prediction.
 *
 * Throws AppError 'bad-request' for a latent size the U-Net cannot halve, 'bad-pack' for wrong weights.
 */
export function buildUnet(config: UnetConfig, component: StoredComponent, options: UnetOptions): GraphModel {
  const { batch, latentHeight, latentWidth } = options;
  const { attention = DEFAULT_ATTENTION, computeType = 'float32', linearLoraRank = 0 } = options;
  const plan = planUnet(config);
  const layout = crossAttentionLayout(config);
  const adapted = linearLoraRank === 0 ? '' : '-adapted';
  const g = new GraphBuilder(`unet-${batch}x${latentHeight}x${latentWidth}${adapted}`);
  const lowRank = stepLowRank(g, config, options);

  const sample = g.input('sample', 'float32', [batch, config.inChannels, latentHeight, latentWidth]);
  // Angles reach 1000: the embedding is computed in float32 and rounded at its end.
  const timeInputs = {
    timestep: g.input('timestep', 'float32', [1]),
    pooled: g.input('pooled', 'float32', [batch, config.pooledWidth]),
    timeIds: g.input('timeIds', 'float32', [batch, 6]),
  };
  const embedding = ops.cast(g, timeEmbedding(g, component, config, timeInputs, lowRank), computeType);
  const time = { embedding, lowRank };
  const context: TransformerContext = {
    component,
    groups: config.normGroups,
    attention,
    layers: new Map(layout.layers.map((layer) => [layer.path, layer])),
    crossAttention: crossAttentionInputs(g, config, layout, options),
    lowRank,
  };
  const norm = { groups: config.normGroups, epsilon: config.normEpsilon };
  /** Resnet `index` of a block and, in cross-attention blocks, the transformer after it. */
  const layer = (x: Value, block: BlockPlan, index: number): Value => {
    const resnet = block.resnets[index];
    invariant(resnet !== undefined, () => `A U-Net block has no resnet ${index}.`);
    const hidden = resnetBlock(g, x, component, resnet, norm, time);
    const transformer = block.transformers[index];
    return transformer === undefined ? hidden : spatialTransformer(g, hidden, transformer, context);
  };

  let x = conv2d(g, ops.cast(g, sample, computeType), component, 'conv_in', { padding: 1 });
  const skips: Value[] = [x];
  for (const block of plan.down) {
    for (const index of block.resnets.keys()) {
      x = layer(x, block, index);
      skips.push(x);
    }
    if (block.resample !== undefined) {
      x = conv2d(g, x, component, block.resample.path, { stride: 2, padding: 1 });
      skips.push(x);
    }
  }
  for (const index of plan.mid.resnets.keys()) x = layer(x, plan.mid, index);
  for (const block of plan.up) {
    for (const index of block.resnets.keys()) {
      const skip = skips.pop();
      invariant(skip !== undefined, () => 'The up path of the U-Net asks for more skips than there are.');
      x = layer(ops.concat(g, [x, skip], 1), block, index);
    }
    if (block.resample !== undefined) x = upsample(g, x, component, block.resample.path);
  }
  const last = normSilu(g, x, component, 'conv_norm_out', norm);
  const prediction = conv2d(g, last, component, 'conv_out', { padding: 1 });
  g.output(ops.cast(g, prediction, 'float32'), 'output');
  return g.build();
}

/** The LoRA inputs of a step: those of cross-attention always, those of the other linear layers where asked for. */
function stepLowRank(g: GraphBuilder, config: UnetConfig, options: UnetOptions): LowRankOf {
  const { loraRank = DEFAULT_LORA_RANK, linearLoraRank = 0, computeType: type = 'float32' } = options;
  const cross = lowRankInputs(g, crossAttentionLoraGroups(config), { rank: loraRank, type });
  const others = lowRankInputs(g, linearLoraGroups(config), { rank: linearLoraRank, type });
  return (path) => cross(path) ?? others(path);
}

function crossAttentionInputs(
  g: GraphBuilder,
  config: UnetConfig,
  { totalHeads, headDim }: CrossAttentionLayout,
  options: UnetOptions,
): CrossAttentionInputs {
  const { batch, attention = DEFAULT_ATTENTION, computeType = 'float32' } = options;
  const input = (name: string, shape: readonly number[]): Value =>
    ops.cast(g, g.input(name, 'float32', shape), computeType);
  const keyOrValue = (name: string, rows: number, tokens: number): Value =>
    g.input(name, computeType, [rows, totalHeads, tokens, headDim]);
  const positions = attentionResolutions(config, options.latentHeight, options.latentWidth).map(
    ({ height, width }) => height * width,
  );
  return {
    textKeys: keyOrValue('textK', batch, TEXT_TOKENS),
    textValues: keyOrValue('textV', batch, TEXT_TOKENS),
    imageKeys: keyOrValue('imageK', 1, IMAGE_TOKENS),
    imageValues: ops.mul(
      g,
      keyOrValue('imageV', 1, IMAGE_TOKENS),
      input('objectWeight', [1, 1, IMAGE_TOKENS, 1]),
    ),
    imageBias: positions.map((count, k) => input(`imageBias.${k}`, [1, 1, count, IMAGE_TOKENS])),
    imageGain: positions.map((count, k) => input(`imageGain.${k}`, [1, count, 1])),
    attention,
  };
}
