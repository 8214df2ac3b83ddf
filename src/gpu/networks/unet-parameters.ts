import type { ParameterSpec } from '../../weights/types.ts';
import { crossAttentionLayout } from './cross-attention-layout.ts';
import { convParameters, linearParameters, normParameters } from './parameters.ts';
import type { UnetConfig } from './unet-config.ts';
import { planUnet, type BlockPlan, type ResnetPlan, type TransformerPlan } from './unet-plan.ts';

/** `ResnetBlock2D`; without a time width it is the VAE's, which has no time projection. */
export function resnetParameters(
  { path, inChannels, outChannels }: ResnetPlan,
  timeWidth: number | undefined,
): ParameterSpec[] {
  return [
    ...normParameters(`${path}.norm1`, inChannels),
    ...convParameters(`${path}.conv1`, outChannels, inChannels, 3),
    ...(timeWidth === undefined ? [] : linearParameters(`${path}.time_emb_proj`, outChannels, timeWidth)),
    ...normParameters(`${path}.norm2`, outChannels),
    ...convParameters(`${path}.conv2`, outChannels, outChannels, 3),
    ...(inChannels === outChannels
      ? []
      : convParameters(`${path}.conv_shortcut`, outChannels, inChannels, 1)),
  ];
}

/** A basic transformer block without attn2.to_k and attn2.to_v, which are the cross-attention component's. */
function basicBlockParameters(path: string, channels: number): ParameterSpec[] {
  const inner = 4 * channels;
  const square = (name: string, bias: boolean) =>
    linearParameters(`${path}.${name}`, channels, channels, { bias });
  return [
    ...normParameters(`${path}.norm1`, channels),
    ...['attn1.to_q', 'attn1.to_k', 'attn1.to_v'].flatMap((name) => square(name, false)),
    ...square('attn1.to_out.0', true),
    ...normParameters(`${path}.norm2`, channels),
    ...square('attn2.to_q', false),
    ...square('attn2.to_out.0', true),
    ...normParameters(`${path}.norm3`, channels),
    ...linearParameters(`${path}.ff.net.0.proj`, 2 * inner, channels),
    ...linearParameters(`${path}.ff.net.2`, channels, inner),
  ];
}

function transformerParameters({ path, channels, layers }: TransformerPlan): ParameterSpec[] {
  return [
    ...normParameters(`${path}.norm`, channels),
    ...linearParameters(`${path}.proj_in`, channels, channels),
    ...layers.flatMap((layer) => basicBlockParameters(layer, channels)),
    ...linearParameters(`${path}.proj_out`, channels, channels),
  ];
}

function blockParameters(block: BlockPlan, timeWidth: number): ParameterSpec[] {
  const { resample } = block;
  return [
    ...block.resnets.flatMap((resnet) => resnetParameters(resnet, timeWidth)),
    ...block.transformers.flatMap(transformerParameters),
    ...(resample === undefined ? [] : convParameters(resample.path, resample.channels, resample.channels, 3)),
  ];
}

/** Width of the time embedding: four times the first block's channels, as in every SDXL checkpoint. */
export function timeEmbeddingWidth(config: UnetConfig): number {
  return 4 * firstChannels(config);
}

/** Channels of the first block and of the timestep's sinusoid. */
export function firstChannels(config: UnetConfig): number {
  return config.blockChannels[0] ?? 0;
}

/**
 * Every tensor of the checkpoint's U-Net but attn2.to_k and attn2.to_v, which
 * {@link crossAttentionParameters} lists. Names are those of diffusers' `UNet2DConditionModel`.
 */
export function unetParameters(config: UnetConfig): ParameterSpec[] {
  const plan = planUnet(config);
  const first = firstChannels(config);
  const time = timeEmbeddingWidth(config);
  const exact = { role: 'exact' } as const;
  return [
    ...convParameters('conv_in', first, config.inChannels, 3, 'exact'),
    ...linearParameters('time_embedding.linear_1', time, first, exact),
    ...linearParameters('time_embedding.linear_2', time, time, exact),
    ...linearParameters('add_embedding.linear_1', time, config.pooledWidth + 6 * config.timeIdWidth, exact),
    ...linearParameters('add_embedding.linear_2', time, time, exact),
    ...[...plan.down, plan.mid, ...plan.up].flatMap((block) => blockParameters(block, time)),
    ...normParameters('conv_norm_out', first),
    ...convParameters('conv_out', config.outChannels, first, 3, 'exact'),
  ];
}

/**
 * The keys and values of all cross-attention layers: `to_k`, `to_v` from the U-Net's checkpoint and
 * `to_k_ip`, `to_v_ip` from the MS-Diffusion adapter, all under U-Net paths, each [channels, D].
 */
export function crossAttentionParameters(config: UnetConfig): ParameterSpec[] {
  return crossAttentionLayout(config).layers.flatMap(({ path, channels }) =>
    ['to_k', 'to_v', 'to_k_ip', 'to_v_ip'].flatMap((name) =>
      linearParameters(`${path}.${name}`, channels, config.contextWidth, { bias: false }),
    ),
  );
}

/** Adapter key → U-Net name, for example "1.to_k_ip.weight" → "down_blocks.1....attn2.to_k_ip.weight". */
export function adapterNames(config: UnetConfig): ReadonlyMap<string, string> {
  return new Map(
    crossAttentionLayout(config).layers.flatMap(({ adapterIndex, path }) =>
      ['to_k_ip', 'to_v_ip'].map(
        (name) => [`${adapterIndex}.${name}.weight`, `${path}.${name}.weight`] as const,
      ),
    ),
  );
}
