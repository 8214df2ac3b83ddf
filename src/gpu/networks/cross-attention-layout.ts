import { AppError } from '../../shared/errors.ts';
import type { UnetConfig } from './unet-config.ts';
import { planUnet, type BlockPlan, type TransformerPlan } from './unet-plan.ts';

/** Where one cross-attention layer's parts lie in the packed tensors of the step graph. */
export interface CrossAttentionLayer {
  /** U-Net path of the attention, for example "down_blocks.1.attentions.0.transformer_blocks.0.attn2". */
  readonly path: string;
  readonly channels: number;
  readonly heads: number;
  /** First head in textK, textV, imageK, imageV (axis 1). */
  readonly headOffset: number;
  /** Index into {@link CrossAttentionLayout.levels}: names the mask inputs `imageBias.{k}`. */
  readonly resolution: number;
  /**
   * Odd key of the layer in an MS-Diffusion adapter (`{i}.to_k_ip.weight`). It counts attention
   * processors in registration order (down, up, mid; self- and cross-attention alternate), which is not
   * the order in which they run.
   */
  readonly adapterIndex: number;
}

export interface CrossAttentionLayout {
  /** In the order in which the U-Net runs them: down, mid, up. */
  readonly layers: readonly CrossAttentionLayer[];
  readonly headDim: number;
  readonly totalHeads: number;
  /** Levels (halvings of the latent) that have cross-attention, largest picture first. */
  readonly levels: readonly number[];
}

function attentionsOf(blocks: readonly BlockPlan[]): TransformerPlan[] {
  return blocks.flatMap((block) => block.transformers);
}

/**
 * The one map of a U-Net's cross-attention layers. For SDXL: 70 layers, 1300 heads of 64, adapter
 * indices 1, 3, ..., 139 (MS-Diffusion's checkpoint layout).
 * Throws AppError 'bad-checkpoint' if the heads have different sizes, since all keys share one tensor.
 */
export function crossAttentionLayout(config: UnetConfig): CrossAttentionLayout {
  const plan = planUnet(config);
  const executed = attentionsOf([...plan.down, plan.mid, ...plan.up]);
  const registered = attentionsOf([...plan.down, ...plan.up, plan.mid]).flatMap(({ layers }) => layers);
  const adapterIndices = new Map(registered.map((path, index) => [path, 2 * index + 1]));

  const headDims = new Set(executed.map(({ channels, heads }) => channels / heads));
  const [headDim] = headDims;
  if (headDim === undefined || headDims.size !== 1) {
    throw new AppError(
      'bad-checkpoint',
      `Expected every cross-attention head of the U-Net to have the same width, found ${[...headDims].join(', ')}. ` +
        'Only checkpoints with one head width (SDXL: 64) can run.',
    );
  }
  const levels = [...new Set(executed.map(({ level }) => level))].sort((a, b) => a - b);
  const layers: CrossAttentionLayer[] = [];
  let headOffset = 0;
  for (const { channels, heads, level, layers: paths } of executed) {
    for (const path of paths) {
      layers.push({
        path: `${path}.attn2`,
        channels,
        heads,
        headOffset,
        resolution: levels.indexOf(level),
        adapterIndex: adapterIndices.get(path) ?? 0,
      });
      headOffset += heads;
    }
  }
  return { layers, headDim, totalHeads: headOffset, levels };
}

/** Size in cells of each resolution of {@link CrossAttentionLayout.levels}, in its order. */
export interface AttentionResolution {
  readonly height: number;
  readonly width: number;
}

/**
 * Height and width of the feature map at every attention resolution, for a latent of the given size.
 * Throws AppError 'bad-request' if the latent cannot be halved as often as the U-Net does.
 */
export function attentionResolutions(
  config: UnetConfig,
  latentHeight: number,
  latentWidth: number,
): readonly AttentionResolution[] {
  checkLatentSize(config, latentHeight, latentWidth);
  return crossAttentionLayout(config).levels.map((level) => ({
    height: latentHeight / 2 ** level,
    width: latentWidth / 2 ** level,
  }));
}

/** Throws AppError 'bad-request' unless both sides are multiples of 2^(number of blocks − 1). */
export function checkLatentSize(config: UnetConfig, latentHeight: number, latentWidth: number): void {
  const step = 2 ** (config.blockChannels.length - 1);
  if (latentHeight % step === 0 && latentWidth % step === 0) return;
  throw new AppError(
    'bad-request',
    `Expected a latent size in multiples of ${step}, got ${latentWidth} × ${latentHeight}. ` +
      'Choose a picture size that is a multiple of 64 pixels.',
  );
}
