import { invariant } from '../../shared/errors.ts';
import type { UnetConfig } from './unet-config.ts';

/** One `ResnetBlock2D`. */
export interface ResnetPlan {
  readonly path: string;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** One `Transformer2DModel`: a spatial transformer of several basic blocks. */
export interface TransformerPlan {
  readonly path: string;
  readonly channels: number;
  readonly heads: number;
  /** Paths of its `BasicTransformerBlock`s in order. */
  readonly layers: readonly string[];
  /** How often the picture was halved before this point: 0 is the full latent size. */
  readonly level: number;
}

export interface BlockPlan {
  readonly resnets: readonly ResnetPlan[];
  /** One after each resnet in cross-attention blocks, none in plain blocks. */
  readonly transformers: readonly TransformerPlan[];
  /** The stride-2 convolution after a down block, the nearest-2× and convolution after an up block. */
  readonly resample: { readonly path: string; readonly channels: number } | undefined;
}

/**
 * The U-Net as the list of its parts, in the order in which they run. Parameter lists, graphs and the
 * order of the cross-attention layers all walk this one plan.
 */
export interface UnetPlan {
  readonly down: readonly BlockPlan[];
  /** resnet, transformer, resnet. */
  readonly mid: BlockPlan;
  readonly up: readonly BlockPlan[];
}

function at<T>(list: readonly T[], index: number): T {
  const value = list[index];
  invariant(value !== undefined, () => `A U-Net config list has no entry ${index}.`);
  return value;
}

function transformer(config: UnetConfig, path: string, level: number): TransformerPlan {
  const layers = at(config.transformerLayers, level);
  return {
    path,
    channels: at(config.blockChannels, level),
    heads: at(config.heads, level),
    layers: Array.from({ length: layers }, (_, index) => `${path}.transformer_blocks.${index}`),
    level,
  };
}

function downBlock(config: UnetConfig, level: number): BlockPlan {
  const channels = at(config.blockChannels, level);
  const entering = at(config.blockChannels, Math.max(level - 1, 0));
  const resnets = at(config.resnetsPerBlock, level);
  const indices = Array.from({ length: resnets }, (_, index) => index);
  const path = `down_blocks.${level}`;
  return {
    resnets: indices.map((index) => ({
      path: `${path}.resnets.${index}`,
      inChannels: index === 0 ? entering : channels,
      outChannels: channels,
    })),
    transformers:
      at(config.downBlockTypes, level) === 'CrossAttnDownBlock2D'
        ? indices.map((index) => transformer(config, `${path}.attentions.${index}`, level))
        : [],
    resample:
      level < config.blockChannels.length - 1 ? { path: `${path}.downsamplers.0.conv`, channels } : undefined,
  };
}

function upBlock(config: UnetConfig, index: number): BlockPlan {
  const last = config.blockChannels.length - 1;
  const level = last - index;
  const channels = at(config.blockChannels, level);
  const previous = at(config.blockChannels, Math.min(level + 1, last));
  const below = at(config.blockChannels, Math.max(level - 1, 0));
  const count = at(config.resnetsPerBlock, level) + 1;
  const indices = Array.from({ length: count }, (_, resnet) => resnet);
  const path = `up_blocks.${index}`;
  return {
    // Each resnet takes the running value and one skip of the down path, concatenated; the last skip of
    // a level has the width of the level above it, because it is that level's downsampled output.
    resnets: indices.map((resnet) => ({
      path: `${path}.resnets.${resnet}`,
      inChannels: (resnet === 0 ? previous : channels) + (resnet === count - 1 ? below : channels),
      outChannels: channels,
    })),
    transformers:
      at(config.upBlockTypes, index) === 'CrossAttnUpBlock2D'
        ? indices.map((resnet) => transformer(config, `${path}.attentions.${resnet}`, level))
        : [],
    resample: index < last ? { path: `${path}.upsamplers.0.conv`, channels } : undefined,
  };
}

export function planUnet(config: UnetConfig): UnetPlan {
  const last = config.blockChannels.length - 1;
  const channels = at(config.blockChannels, last);
  return {
    down: config.blockChannels.map((_, level) => downBlock(config, level)),
    mid: {
      resnets: [0, 1].map((index) => ({
        path: `mid_block.resnets.${index}`,
        inChannels: channels,
        outChannels: channels,
      })),
      transformers: [transformer(config, 'mid_block.attentions.0', last)],
      resample: undefined,
    },
    up: config.blockChannels.map((_, index) => upBlock(config, index)),
  };
}
