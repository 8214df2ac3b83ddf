/** For tests: the official config of SDXL's U-Net (stabilityai/stable-diffusion-xl-base-1.0), shortened to what is read. */
export const sdxlUnetConfig = {
  _class_name: 'UNet2DConditionModel',
  act_fn: 'silu',
  addition_embed_type: 'text_time',
  addition_time_embed_dim: 256,
  attention_head_dim: [5, 10, 20],
  block_out_channels: [320, 640, 1280],
  cross_attention_dim: 2048,
  down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
  in_channels: 4,
  out_channels: 4,
  layers_per_block: 2,
  mid_block_type: 'UNetMidBlock2DCrossAttn',
  norm_eps: 1e-5,
  norm_num_groups: 32,
  num_attention_heads: null,
  projection_class_embeddings_input_dim: 2816,
  sample_size: 128,
  transformer_layers_per_block: [1, 2, 10],
  upcast_attention: null,
  use_linear_projection: true,
};

/** For tests: the same topology, small enough to run in a moment; two widths with one head size of 16. */
export const tinyUnetConfig = {
  ...sdxlUnetConfig,
  addition_time_embed_dim: 8,
  attention_head_dim: [2, 4, 6],
  block_out_channels: [32, 64, 96],
  cross_attention_dim: 48,
  layers_per_block: 1,
  norm_num_groups: 16,
  projection_class_embeddings_input_dim: 24 + 48,
  sample_size: 16,
  transformer_layers_per_block: [1, 1, 2],
};
