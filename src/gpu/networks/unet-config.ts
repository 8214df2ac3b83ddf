import { z } from 'zod';
import { parseConfig } from './parse-config.ts';

const positive = z.number().int().positive();
const perBlock = z.union([positive, z.array(positive)]);
const only = <T extends string | number | boolean>(value: T) => z.literal(value).default(value);
const absent = z.null().default(null);

/**
 * config.json of a diffusers `UNet2DConditionModel` of the SDXL topology (diffusers 0.42.1). Fields that
 * change the arithmetic and are not supported must hold their default; fields that only matter in
 * training are ignored. `attention_head_dim` is the number of heads, as in every SDXL checkpoint.
 */
export const unetConfigSchema = z
  .object({
    in_channels: positive,
    out_channels: positive,
    block_out_channels: z.array(positive).min(1),
    down_block_types: z.array(z.enum(['DownBlock2D', 'CrossAttnDownBlock2D'])),
    up_block_types: z.array(z.enum(['UpBlock2D', 'CrossAttnUpBlock2D'])),
    mid_block_type: z.literal('UNetMidBlock2DCrossAttn').nullable().default('UNetMidBlock2DCrossAttn'),
    layers_per_block: perBlock.default(2),
    transformer_layers_per_block: perBlock.default(1),
    attention_head_dim: perBlock.default(8),
    num_attention_heads: perBlock.nullable().default(null),
    cross_attention_dim: perBlock,
    addition_time_embed_dim: positive.multipleOf(2),
    projection_class_embeddings_input_dim: positive,
    norm_num_groups: positive.default(32),
    norm_eps: z.number().positive().default(1e-5),
    freq_shift: z.number().default(0),
    flip_sin_to_cos: z.boolean().default(true),
    addition_embed_type: z.literal('text_time'),
    use_linear_projection: z.literal(true),
    act_fn: only('silu'),
    center_input_sample: only(false),
    class_embed_type: absent,
    class_embeddings_concat: only(false),
    conv_in_kernel: only(3),
    conv_out_kernel: only(3),
    cross_attention_norm: absent,
    downsample_padding: only(1),
    dual_cross_attention: only(false),
    encoder_hid_dim: absent,
    encoder_hid_dim_type: absent,
    attention_type: only('default'),
    mid_block_only_cross_attention: z.literal(false).nullable().default(null),
    mid_block_scale_factor: only(1),
    num_class_embeds: absent,
    only_cross_attention: only(false),
    resnet_out_scale_factor: only(1),
    resnet_skip_time_act: only(false),
    resnet_time_scale_shift: only('default'),
    reverse_transformer_layers_per_block: absent,
    time_cond_proj_dim: absent,
    time_embedding_act_fn: absent,
    time_embedding_dim: absent,
    time_embedding_type: only('positional'),
    timestep_post_act: absent,
  })
  .transform((raw, context) => {
    const blocks = raw.block_out_channels.length;
    const spread = (name: string, value: number | readonly number[]): readonly number[] => {
      const list = typeof value === 'number' ? raw.block_out_channels.map(() => value) : value;
      if (list.length !== blocks) {
        context.addIssue({
          code: 'custom',
          path: [name],
          message: `expected ${blocks} values, one a block, got ${list.length}`,
        });
      }
      return list;
    };
    for (const name of ['down_block_types', 'up_block_types'] as const) {
      if (raw[name].length !== blocks) {
        context.addIssue({
          code: 'custom',
          path: [name],
          message: `expected ${blocks} blocks, got ${raw[name].length}`,
        });
      }
    }
    const contextWidths = new Set(spread('cross_attention_dim', raw.cross_attention_dim));
    const [contextWidth] = contextWidths;
    if (contextWidth === undefined || contextWidths.size > 1) {
      context.addIssue({
        code: 'custom',
        path: ['cross_attention_dim'],
        message: 'expected one width for all',
      });
      return z.NEVER;
    }
    const pooledWidth = raw.projection_class_embeddings_input_dim - 6 * raw.addition_time_embed_dim;
    if (pooledWidth <= 0) {
      context.addIssue({
        code: 'custom',
        path: ['projection_class_embeddings_input_dim'],
        message: `expected more than 6 × addition_time_embed_dim = ${6 * raw.addition_time_embed_dim}`,
      });
    }
    const heads = spread('attention_head_dim', raw.num_attention_heads ?? raw.attention_head_dim);
    raw.block_out_channels.forEach((channels, index) => {
      if (channels % (heads[index] ?? 1) !== 0) {
        context.addIssue({
          code: 'custom',
          path: ['attention_head_dim', index],
          message: `${channels} channels cannot be cut into ${heads[index] ?? 1} heads`,
        });
      }
      if (channels % raw.norm_num_groups !== 0) {
        context.addIssue({
          code: 'custom',
          path: ['norm_num_groups'],
          message: `${channels} channels cannot be cut into ${raw.norm_num_groups} groups`,
        });
      }
    });
    return {
      inChannels: raw.in_channels,
      outChannels: raw.out_channels,
      blockChannels: raw.block_out_channels,
      downBlockTypes: raw.down_block_types,
      upBlockTypes: raw.up_block_types,
      resnetsPerBlock: spread('layers_per_block', raw.layers_per_block),
      transformerLayers: spread('transformer_layers_per_block', raw.transformer_layers_per_block),
      heads,
      /** D: width of the context and of the object tokens. */
      contextWidth,
      /** P: width of the pooled text embedding. */
      pooledWidth,
      timeIdWidth: raw.addition_time_embed_dim,
      normGroups: raw.norm_num_groups,
      normEpsilon: raw.norm_eps,
      freqShift: raw.freq_shift,
      cosineFirst: raw.flip_sin_to_cos,
    } as const;
  })
  .readonly();

export type UnetConfig = z.output<typeof unetConfigSchema>;

/** Throws AppError 'bad-checkpoint' naming the fields the engine cannot run. */
export function parseUnetConfig(config: unknown): UnetConfig {
  return parseConfig(unetConfigSchema, config, 'U-Net');
}
