import { z } from 'zod';
import type { ParameterSpec, StoredComponent } from '../../weights/types.ts';
import { DEFAULT_ATTENTION, plainAttention, type AttentionSettings } from '../graph/attention.ts';
import { GraphBuilder, type Value } from '../graph/graph.ts';
import { conv2d, groupNorm, linear } from '../graph/layers.ts';
import * as ops from '../graph/ops.ts';
import type { GraphModel } from '../runtime/runtime.ts';
import { convParameters, linearParameters, normParameters } from './parameters.ts';
import { parseConfig } from './parse-config.ts';
import { normSilu, resnetBlock, upsample } from './resnet-block.ts';
import { resnetParameters } from './unet-parameters.ts';
import type { ResnetPlan } from './unet-plan.ts';

const positive = z.number().int().positive();
const perChannel = z.array(z.number()).nullable().default(null);

/** config.json of a diffusers `AutoencoderKL` (0.42.1); only what the decoder needs. */
export const vaeConfigSchema = z
  .object({
    out_channels: positive.default(3),
    latent_channels: positive.default(4),
    block_out_channels: z.array(positive).min(1),
    up_block_types: z.array(z.literal('UpDecoderBlock2D')),
    layers_per_block: positive.default(1),
    norm_num_groups: positive.default(32),
    act_fn: z.literal('silu').default('silu'),
    mid_block_add_attention: z.boolean().default(true),
    use_post_quant_conv: z.boolean().default(true),
    scaling_factor: z.number().positive().default(0.18215),
    shift_factor: z.number().nullable().default(null),
    latents_mean: perChannel,
    latents_std: perChannel,
  })
  .refine((raw) => raw.up_block_types.length === raw.block_out_channels.length, {
    error: 'expected as many up_block_types as block_out_channels',
  })
  .refine((raw) => raw.block_out_channels.every((channels) => channels % raw.norm_num_groups === 0), {
    error: 'expected block_out_channels that norm_num_groups divides',
  })
  .transform((raw) => ({
    imageChannels: raw.out_channels,
    latentChannels: raw.latent_channels,
    blockChannels: raw.block_out_channels,
    resnetsPerBlock: raw.layers_per_block + 1,
    normGroups: raw.norm_num_groups,
    midAttention: raw.mid_block_add_attention,
    postQuantConv: raw.use_post_quant_conv,
    scalingFactor: raw.scaling_factor,
    shiftFactor: raw.shift_factor ?? 0,
    latentsMean: raw.latents_mean,
    latentsStd: raw.latents_std,
    /** Pixels along one side of a latent cell. */
    factor: 2 ** (raw.block_out_channels.length - 1),
  }))
  .readonly();

export type VaeConfig = z.output<typeof vaeConfigSchema>;

/** Throws AppError 'bad-checkpoint' naming the fields the engine cannot run. */
export function parseVaeConfig(config: unknown): VaeConfig {
  return parseConfig(vaeConfigSchema, config, 'VAE');
}

const NORM_EPSILON = 1e-6;
const MID = 'decoder.mid_block';

interface UpBlockPlan {
  readonly resnets: readonly ResnetPlan[];
  readonly upsample: { readonly path: string; readonly channels: number } | undefined;
}

interface DecoderPlan {
  /** Width of the deepest block. */
  readonly widest: number;
  readonly mid: readonly [ResnetPlan, ResnetPlan];
  readonly up: readonly UpBlockPlan[];
  /** Width of the last block. */
  readonly narrowest: number;
}

function planDecoder(config: VaeConfig): DecoderPlan {
  const widths = config.blockChannels.toReversed();
  const widest = widths[0] ?? 0;
  const mid = (index: number): ResnetPlan => ({
    path: `${MID}.resnets.${index}`,
    inChannels: widest,
    outChannels: widest,
  });
  return {
    widest,
    mid: [mid(0), mid(1)],
    up: widths.map((channels, block) => ({
      resnets: Array.from({ length: config.resnetsPerBlock }, (_, index) => ({
        path: `decoder.up_blocks.${block}.resnets.${index}`,
        inChannels: index === 0 ? (widths[block - 1] ?? channels) : channels,
        outChannels: channels,
      })),
      upsample:
        block < widths.length - 1
          ? { path: `decoder.up_blocks.${block}.upsamplers.0.conv`, channels }
          : undefined,
    })),
    narrowest: widths.at(-1) ?? 0,
  };
}

/** Every tensor of the decoder under its `AutoencoderKL` name, and post_quant_conv if the config has it. */
export function vaeDecoderParameters(config: VaeConfig): ParameterSpec[] {
  const { widest, narrowest, mid, up } = planDecoder(config);
  const attention = `${MID}.attentions.0`;
  return [
    ...(config.postQuantConv
      ? convParameters('post_quant_conv', config.latentChannels, config.latentChannels, 1, 'exact')
      : []),
    ...convParameters('decoder.conv_in', widest, config.latentChannels, 3, 'exact'),
    ...mid.flatMap((resnet) => resnetParameters(resnet, undefined)),
    ...(config.midAttention
      ? [
          ...normParameters(`${attention}.group_norm`, widest),
          ...['to_q', 'to_k', 'to_v', 'to_out.0'].flatMap((name) =>
            linearParameters(`${attention}.${name}`, widest, widest),
          ),
        ]
      : []),
    ...up.flatMap((block) => [
      ...block.resnets.flatMap((resnet) => resnetParameters(resnet, undefined)),
      ...(block.upsample === undefined
        ? []
        : convParameters(block.upsample.path, block.upsample.channels, block.upsample.channels, 3)),
    ]),
    ...normParameters('decoder.conv_norm_out', narrowest),
    ...convParameters('decoder.conv_out', config.imageChannels, narrowest, 3, 'exact'),
  ];
}

/**
 * 'head': latents → hidden, the layers at the latents' own size, attention over all positions included.
 * 'tail': hidden → image, the up blocks, which see only their surroundings and group statistics.
 */
export type VaeDecoderPart = 'whole' | 'head' | 'tail';

export interface VaeDecoderOptions {
  /** Size of the latents, or of the tile of `hidden` that a tail gets. */
  readonly latentHeight: number;
  readonly latentWidth: number;
  readonly attention?: AttentionSettings;
  readonly part?: VaeDecoderPart;
}

/** Activations that are alive at once where the decoder is widest: a residual, a layer's input and output. */
const LIVE_ACTIVATIONS = 3;

/** Bytes of activations that the decoder's peak takes for each latent cell, in float32. */
export function decoderBytesPerCell(config: VaeConfig): number {
  const { up, mid } = planDecoder(config);
  let pixelsPerCell = 1;
  let widest = mid[0].outChannels;
  for (const { resnets, upsample: larger } of up) {
    for (const { inChannels, outChannels } of resnets) {
      widest = Math.max(widest, Math.max(inChannels, outChannels) * pixelsPerCell);
    }
    if (larger === undefined) continue;
    pixelsPerCell *= 4;
    widest = Math.max(widest, larger.channels * pixelsPerCell);
  }
  return LIVE_ACTIVATIONS * Float32Array.BYTES_PER_ELEMENT * widest;
}

/**
 * The decoder of an `AutoencoderKL`, or one of its two parts. Input `latents` [1,C,h,w], already unscaled
 * (divided by scaling_factor, or times latents_std plus latents_mean). Output `image` [1,3,h·f,w·f], about
 * −1..1 and not clipped, with f = {@link VaeConfig}.factor. Between the parts: `hidden` [1,W,h,w] with W
 * the widest block's channels.
 */
export function buildVaeDecoder(
  config: VaeConfig,
  component: StoredComponent,
  options: VaeDecoderOptions,
): GraphModel {
  const { latentHeight, latentWidth, part = 'whole' } = options;
  const plan = planDecoder(config);
  const g = new GraphBuilder(`vae-decoder-${part}-${latentHeight}x${latentWidth}`);
  const input = (name: string, channels: number): Value =>
    g.input(name, 'float32', [1, channels, latentHeight, latentWidth]);
  const hidden =
    part === 'tail'
      ? input('hidden', plan.widest)
      : decoderHead(g, input('latents', config.latentChannels), component, config, options);
  if (part === 'head') g.output(hidden, 'hidden');
  else g.output(decoderTail(g, hidden, component, config), 'image');
  return g.build();
}

function decoderHead(
  g: GraphBuilder,
  latents: Value,
  component: StoredComponent,
  config: VaeConfig,
  { attention = DEFAULT_ATTENTION }: VaeDecoderOptions,
): Value {
  const { mid } = planDecoder(config);
  const norm = { groups: config.normGroups, epsilon: NORM_EPSILON };
  const mixed = config.postQuantConv ? conv2d(g, latents, component, 'post_quant_conv') : latents;
  let x = conv2d(g, mixed, component, 'decoder.conv_in', { padding: 1 });
  x = resnetBlock(g, x, component, mid[0], norm);
  if (config.midAttention) x = spatialAttention(g, x, component, norm.groups, attention);
  return resnetBlock(g, x, component, mid[1], norm);
}

function decoderTail(g: GraphBuilder, hidden: Value, component: StoredComponent, config: VaeConfig): Value {
  const norm = { groups: config.normGroups, epsilon: NORM_EPSILON };
  let x = hidden;
  for (const block of planDecoder(config).up) {
    for (const resnet of block.resnets) x = resnetBlock(g, x, component, resnet, norm);
    if (block.upsample !== undefined) x = upsample(g, x, component, block.upsample.path);
  }
  const last = normSilu(g, x, component, 'decoder.conv_norm_out', norm);
  return conv2d(g, last, component, 'decoder.conv_out', { padding: 1 });
}

/** One head over all positions of x [1,C,h,w]; always in query chunks, since 128² positions give 1 GB of scores. */
function spatialAttention(
  g: GraphBuilder,
  x: Value,
  component: StoredComponent,
  groups: number,
  { maxScoreBytes }: AttentionSettings,
): Value {
  const path = `${MID}.attentions.0`;
  const channels = ops.dim(x, 1);
  const normal = groupNorm(g, x, component, `${path}.group_norm`, { groups, epsilon: NORM_EPSILON });
  const tokens = ops.transpose(g, ops.reshape(g, normal, [1, 1, channels, -1]), [0, 1, 3, 2]);
  const project = (name: string): Value => linear(g, tokens, component, `${path}.${name}`);
  const keys = ops.transpose(g, project('to_k'), [0, 1, 3, 2]);
  const out = plainAttention(g, project('to_q'), keys, project('to_v'), {
    scale: channels ** -0.5,
    maxScoreBytes,
  });
  const picture = ops.transpose(g, linear(g, out, component, `${path}.to_out.0`), [0, 1, 3, 2]);
  return ops.add(g, ops.reshape(g, picture, x.shape), x);
}
