import { sgmInputBlock, sgmOutputBlock } from './sgm-blocks.ts';

/** Where the tensors of LoRA files belong, in every naming that SDXL LoRAs are found in. */

export type AdaptedModule = 'to_q' | 'to_k' | 'to_v' | 'to_out.0';
export type LoraPart = 'down' | 'up' | 'alpha';

export type LoraKey =
  | {
      readonly kind: 'cross-attention';
      readonly path: string;
      readonly module: AdaptedModule;
      readonly part: LoraPart;
    }
  /** A kind of adapter that is no plain low-rank sum: DoRA, LoHa, LoKr, OFT. */
  | { readonly kind: 'unsupported'; readonly adapter: string }
  /** Text encoders, self-attention, feed-forward, convolutions: not what a RelationLoRA changes. */
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
const DOTTED =
  /^(?:base_model\.model\.)?(?:unet\.)?((?:down_blocks\.\d+|up_blocks\.\d+|mid_block)\.attentions\.\d+\.transformer_blocks\.\d+\.attn2)\.(?:processor\.)?(to_q|to_k|to_v|to_out(?:\.0)?)$/;
const UNDERSCORED = /^lora_unet_(.+)_transformer_blocks_(\d+)_attn2_(to_q|to_k|to_v|to_out_0)$/;
const DIFFUSERS_BLOCK = /^(?:(down|up)_blocks_(\d+)|mid_block)_attentions_(\d+)$/;
/** Resnets of a level in SDXL's U-Net on the way down. */
const SDXL_RESNETS = 2;
const SGM_BLOCK = /^(?:(input|output)_blocks_(\d+)|middle_block)_1$/;

function moduleOf(text: string): AdaptedModule {
  switch (text) {
    case 'to_q':
    case 'to_k':
    case 'to_v':
      return text;
    default:
      return 'to_out.0';
  }
}

/** "down_blocks_2_attentions_0" or the original "input_blocks_7_1" → "down_blocks.2.attentions.0". */
function attentionPath(block: string): string | undefined {
  const diffusers = DIFFUSERS_BLOCK.exec(block);
  if (diffusers !== null) {
    const [, side, index = '', attention = ''] = diffusers;
    return side === undefined
      ? `mid_block.attentions.${attention}`
      : `${side}_blocks.${index}.attentions.${attention}`;
  }
  const sgm = SGM_BLOCK.exec(block);
  if (sgm === null) return undefined;
  const [, side, text = ''] = sgm;
  if (side === undefined) return 'mid_block.attentions.0';
  const { block: level, layer } =
    side === 'input' ? sgmInputBlock(Number(text), SDXL_RESNETS) : sgmOutputBlock(Number(text), SDXL_RESNETS);
  return `${side === 'input' ? 'down' : 'up'}_blocks.${level}.attentions.${layer}`;
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

/** What a tensor of a LoRA file is to cross-attention. */
export function parseLoraKey(key: string): LoraKey {
  const split = splitLoraKey(key);
  if (split.kind !== 'part') return split;
  const { target, part } = split;
  const dotted = DOTTED.exec(target);
  if (dotted !== null) {
    const [, path = '', module = ''] = dotted;
    return { kind: 'cross-attention', path, module: moduleOf(module), part };
  }
  const [, block, layer = '', module = ''] = UNDERSCORED.exec(target) ?? [];
  const attention = block === undefined ? undefined : attentionPath(block);
  if (attention === undefined) return OTHER;
  const path = `${attention}.transformer_blocks.${layer}.attn2`;
  return { kind: 'cross-attention', path, module: moduleOf(module), part };
}
