import { sgmInputBlock, sgmOutputBlock } from '../../weights/sgm-blocks.ts';

/** Names of the original SDXL checkpoint → names of the diffusers and transformers classes. */

const UNET_ENDS: Readonly<Record<string, string>> = {
  'input_blocks.0.0': 'conv_in',
  'time_embed.0': 'time_embedding.linear_1',
  'time_embed.2': 'time_embedding.linear_2',
  'label_emb.0.0': 'add_embedding.linear_1',
  'label_emb.0.2': 'add_embedding.linear_2',
  'out.0': 'conv_norm_out',
  'out.2': 'conv_out',
};
const RESNET: Readonly<Record<string, string>> = {
  'in_layers.0': 'norm1',
  'in_layers.2': 'conv1',
  'emb_layers.1': 'time_emb_proj',
  'out_layers.0': 'norm2',
  'out_layers.3': 'conv2',
  skip_connection: 'conv_shortcut',
};

/** "in_layers.0.weight" → "norm1.weight", by the longest part that the table knows. */
function replaced(table: Readonly<Record<string, string>>, name: string): string | undefined {
  const [from, to] = Object.entries(table).find(([key]) => name.startsWith(`${key}.`)) ?? [];
  return from === undefined || to === undefined ? undefined : to + name.slice(from.length);
}

function prefixed(prefix: string, name: string | undefined): string | undefined {
  return name === undefined ? undefined : `${prefix}.${name}`;
}

/** A part of a block: number 0 is a resnet (or the down-sampler), then attention, then the up-sampler. */
function blockPart(path: string, layer: number, part: string, rest: string): string | undefined {
  if (rest.startsWith('conv.')) return `${path}.upsamplers.0.${rest}`;
  if (rest.startsWith('op.')) return `${path}.downsamplers.0.conv.${rest.slice('op.'.length)}`;
  if (part === '0') return prefixed(`${path}.resnets.${layer}`, replaced(RESNET, rest));
  return `${path}.attentions.${layer}.${rest}`;
}

/** A tensor of the U-Net, without "model.diffusion_model."; undefined for a name it does not have. */
export function ldmUnetName(name: string, resnets: number): string | undefined {
  const end = replaced(UNET_ENDS, name);
  if (end !== undefined) return end;
  const middle = /^middle_block\.(\d)\.(.+)$/.exec(name);
  if (middle !== null) {
    const [, part = '', rest = ''] = middle;
    return part === '1'
      ? `mid_block.attentions.0.${rest}`
      : prefixed(`mid_block.resnets.${part === '0' ? 0 : 1}`, replaced(RESNET, rest));
  }
  const [, side, index = '', part = '', rest = ''] =
    /^(input|output)_blocks\.(\d+)\.(\d)\.(.+)$/.exec(name) ?? [];
  if (side === undefined) return undefined;
  const { block, layer } =
    side === 'input' ? sgmInputBlock(Number(index), resnets) : sgmOutputBlock(Number(index), resnets);
  return blockPart(`${side === 'input' ? 'down' : 'up'}_blocks.${block}`, layer, part, rest);
}

const OPEN_CLIP_ENDS: Readonly<Record<string, string>> = {
  'token_embedding.weight': 'embeddings.token_embedding.weight',
  positional_embedding: 'embeddings.position_embedding.weight',
  'ln_final.weight': 'final_layer_norm.weight',
  'ln_final.bias': 'final_layer_norm.bias',
};
const OPEN_CLIP_LAYER: Readonly<Record<string, string>> = {
  ln_1: 'layer_norm1',
  ln_2: 'layer_norm2',
  'mlp.c_fc': 'mlp.fc1',
  'mlp.c_proj': 'mlp.fc2',
  'attn.out_proj': 'self_attn.out_proj',
};

/**
 * A tensor of OpenCLIP's text tower → transformers' names for it: one, three for a projection over
 * queries, keys and values at once, none for what is no parameter. `text_projection` is the transpose.
 */
export function openClipTextNames(name: string): readonly string[] {
  if (name === 'text_projection' || name === 'text_projection.weight') return ['text_projection.weight'];
  const end = OPEN_CLIP_ENDS[name];
  if (end !== undefined) return [`text_model.${end}`];
  const [, layer, rest = ''] = /^transformer\.resblocks\.(\d+)\.(.+)$/.exec(name) ?? [];
  if (layer === undefined) return [];
  const path = `text_model.encoder.layers.${layer}`;
  const fused = /^attn\.in_proj_(weight|bias)$/.exec(rest)?.[1];
  if (fused !== undefined) return ['q', 'k', 'v'].map((part) => `${path}.self_attn.${part}_proj.${fused}`);
  const known = prefixed(path, replaced(OPEN_CLIP_LAYER, rest));
  return known === undefined ? [] : [known];
}

const VAE_ATTENTION: Readonly<Record<string, string>> = {
  norm: 'group_norm',
  q: 'to_q',
  k: 'to_k',
  v: 'to_v',
  proj_out: 'to_out.0',
};

/** A tensor of the VAE, without "first_stage_model."; undefined for the encoder's, which is not used. */
export function ldmVaeName(name: string, levels: number): string | undefined {
  if (name.startsWith('post_quant_conv.')) return name;
  const rest = /^decoder\.(.+)$/.exec(name)?.[1];
  if (rest === undefined) return undefined;
  if (rest.startsWith('conv_')) return name;
  if (rest.startsWith('norm_out.')) return `decoder.conv_${rest}`;
  const attention = /^mid\.attn_1\.(.+)$/.exec(rest)?.[1];
  if (attention !== undefined)
    return prefixed('decoder.mid_block.attentions.0', replaced(VAE_ATTENTION, attention));
  const shortcut = rest.replace('nin_shortcut', 'conv_shortcut');
  const [, half, inner] = /^mid\.block_([12])\.(.+)$/.exec(shortcut) ?? [];
  if (half !== undefined) return `decoder.mid_block.resnets.${Number(half) - 1}.${inner ?? ''}`;
  const [, level, kind, part = ''] = /^up\.(\d+)\.(block|upsample)\.(.+)$/.exec(shortcut) ?? [];
  if (level === undefined) return undefined;
  // Levels were counted from the picture inwards; the diffusers class counts as the decoder runs.
  const block = `decoder.up_blocks.${levels - 1 - Number(level)}`;
  return kind === 'block' ? `${block}.resnets.${part}` : `${block}.upsamplers.0.${part}`;
}
