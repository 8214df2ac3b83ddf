import { sgmInputBlock, sgmOutputBlock } from './sgm-blocks.ts';

/** Where the tensors of LoRA files belong, in every naming that SDXL LoRAs are found in. */

export type LoraPart = 'down' | 'up' | 'alpha';

export type LoraKey =
  | {
      readonly kind: 'linear';
      /**
       * The layer in diffusers' names: of the U-Net its path, for example "mid_block.attentions.0.proj_in", of a text
       * encoder the same behind the encoder's name, "text_encoder_2.text_model.encoder.layers.0.mlp.fc1".
       */
      readonly path: string;
      readonly part: LoraPart;
    }
  /** A layer that is not linear, as the U-Net's convolutions are, or of another model's. */
  | { readonly kind: 'other-layer' }
  /** A kind of adapter that is no plain low-rank sum: DoRA, LoHa, LoKr, OFT. */
  | { readonly kind: 'unsupported'; readonly adapter: string }
  /** Embeddings and projections around the encoders: nothing that a LoRA for pictures usually changes. */
  | { readonly kind: 'other' };

/** A key without its suffix: which weight it changes, in the file's own naming, and which part it is. */
export type LoraKeyPart =
  | { readonly kind: 'part'; readonly target: string; readonly part: LoraPart }
  | { readonly kind: 'unsupported'; readonly adapter: string }
  | { readonly kind: 'other' };

const OTHER = { kind: 'other' } as const;

const PARTS: readonly (readonly [suffix: RegExp, part: LoraPart])[] = [
  // diffusers, as DreamRelation saves it, and its attention processors before 0.21
  [/[._]lora\.down\.weight$/, 'down'],
  [/[._]lora\.up\.weight$/, 'up'],
  // diffusers' text encoders before 0.25
  [/\.lora_linear_layer\.down\.weight$/, 'down'],
  [/\.lora_linear_layer\.up\.weight$/, 'up'],
  // PEFT, with and without the adapter's name
  [/\.lora_A(\.[^.]+)?\.weight$/, 'down'],
  [/\.lora_B(\.[^.]+)?\.weight$/, 'up'],
  // kohya
  [/\.lora_down\.weight$/, 'down'],
  [/\.lora_up\.weight$/, 'up'],
  [/\.alpha$/, 'alpha'],
];

const UNSUPPORTED: readonly (readonly [pattern: RegExp, adapter: string])[] = [
  [/\.dora_scale$|[._]lora_magnitude_vector(\.[^.]+)*$/, 'DoRA'],
  [/\.hada_[wt][12]/, 'LoHa'],
  [/\.lokr_[wt][12]/, 'LoKr'],
  [/\.oft_(blocks|diag|r)/, 'OFT'],
];
const KOHYA = /^lora_unet_/;
const KOHYA_TEXT = /^lora_te([12])_text_model_encoder_layers_(\d+)_(self_attn|mlp)_(\w+)$/;
/** transformers 5 leaves `text_model.` out. */
const DOTTED_TEXT = /^(?:base_model\.model\.)?(text_encoder(?:_2)?)\.(?:text_model\.)?(encoder\.layers\..+)$/;
const LINEAR_TEXT =
  /^text_encoder(?:_2)?\.text_model\.encoder\.layers\.\d+\.(?:self_attn\.(?:[qkv]|out)_proj|mlp\.fc[12])$/;
/** diffusers and PEFT; the text encoders' names begin otherwise. */
const DOTTED =
  /^(?:base_model\.model\.)?(?:unet\.)?((?:down_blocks|up_blocks|mid_block|conv_|time_embedding|add_embedding).*)$/;
const LINEAR =
  /^(?:(?:(?:down|up)_blocks\.\d+|mid_block)\.(?:attentions\.\d+\.(?:proj_in|proj_out|transformer_blocks\.\d+\.(?:attn[12]\.(?:to_[qkv]|to_out\.0)|ff\.net\.(?:0\.proj|2)))|resnets\.\d+\.time_emb_proj)|(?:time|add)_embedding\.linear_[12])$/;

/** Resnets of a level in SDXL's U-Net on the way down. */
const SDXL_RESNETS = 2;
const ORIGINAL_BLOCK = /^(input|output)_blocks\.(\d+)\.(\d+)\.(.+)$/;
const ORIGINAL_MIDDLE = /^middle_block\.(\d+)\.(.+)$/;
const ORIGINAL_TIME: Readonly<Record<string, string>> = {
  'time_embed.0': 'time_embedding.linear_1',
  'time_embed.2': 'time_embedding.linear_2',
  'label_emb.0.0': 'add_embedding.linear_1',
  'label_emb.0.2': 'add_embedding.linear_2',
};

/** Of a block in the original code the first part is its resnet, and the second its attention, if it has one. */
function partPath(part: string, resnet: number, attention: number, rest: string): string {
  if (part === '1') return `attentions.${attention}.${rest}`;
  return `resnets.${resnet}.${rest.replace(/^emb_layers\.1$/, 'time_emb_proj')}`;
}

/** "input_blocks.7.1.proj_in" → "down_blocks.2.attentions.0.proj_in"; names of diffusers stay. */
function fromOriginal(path: string): string {
  const time = ORIGINAL_TIME[path];
  if (time !== undefined) return time;
  const [, place, middle = ''] = ORIGINAL_MIDDLE.exec(path) ?? [];
  // Resnet, attention, resnet.
  if (place !== undefined) return `mid_block.${partPath(place, Number(place) / 2, 0, middle)}`;
  const [, side, block = '', part = '', rest = ''] = ORIGINAL_BLOCK.exec(path) ?? [];
  if (side === undefined) return path;
  const { block: level, layer } = (side === 'input' ? sgmInputBlock : sgmOutputBlock)(
    Number(block),
    SDXL_RESNETS,
  );
  return `${side === 'input' ? 'down' : 'up'}_blocks.${level}.${partPath(part, layer, layer, rest)}`;
}

/** "down_blocks_1_attentions_0_proj_in" → "down_blocks.1.attentions.0.proj_in": dots stand around numbers. */
function dotted(underscored: string): string {
  return underscored
    .replaceAll(/_(?=\d)/g, '.')
    .replaceAll(/(\d)_/g, '$1.')
    .replace(/^mid_block_/, 'mid_block.')
    .replace('.ff_net.', '.ff.net.')
    .replace(/_embedding_linear\./, '_embedding.linear_');
}

/** Path of a U-Net's layer in diffusers' names; undefined for other networks. */
function unetPath(target: string): string | undefined {
  if (KOHYA.test(target)) return fromOriginal(dotted(target.replace(KOHYA, '')));
  const path = DOTTED.exec(target)?.[1];
  return path?.replace('.processor.', '.').replace(/\.to_out$/, '.to_out.0');
}

/** Layer of a text encoder, behind the encoder's name; undefined for other networks. */
function textPath(target: string): string | undefined {
  const [, tower, layer = '', block = '', name = ''] = KOHYA_TEXT.exec(target) ?? [];
  if (tower !== undefined) {
    return `${tower === '1' ? 'text_encoder' : 'text_encoder_2'}.text_model.encoder.layers.${layer}.${block}.${name}`;
  }
  const [, encoder, rest = ''] = DOTTED_TEXT.exec(target) ?? [];
  if (encoder === undefined) return undefined;
  // diffusers before 0.20 names a text encoder's projections as the U-Net's.
  return `${encoder}.text_model.${rest.replace(/\.to_(q|k|v|out)$/, '.$1_proj')}`;
}

/** Takes a key of any naming apart. */
export function splitLoraKey(key: string): LoraKeyPart {
  const foreign = UNSUPPORTED.find(([pattern]) => pattern.test(key));
  if (foreign !== undefined) return { kind: 'unsupported', adapter: foreign[1] };
  const match = PARTS.find(([suffix]) => suffix.test(key));
  if (match === undefined) return OTHER;
  const [suffix, part] = match;
  return { kind: 'part', target: key.replace(suffix, ''), part };
}

/** What a tensor of a LoRA file is to the U-Net and the text encoders. */
export function parseLoraKey(key: string): LoraKey {
  const split = splitLoraKey(key);
  if (split.kind !== 'part') return split;
  const ofText = textPath(split.target);
  if (ofText !== undefined) {
    return LINEAR_TEXT.test(ofText)
      ? { kind: 'linear', path: ofText, part: split.part }
      : { kind: 'other-layer' };
  }
  const path = unetPath(split.target);
  if (path === undefined) return OTHER;
  return LINEAR.test(path) ? { kind: 'linear', path, part: split.part } : { kind: 'other-layer' };
}
