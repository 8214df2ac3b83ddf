import { invariant } from '../../shared/errors.ts';
import { buildCrossAttentionKv, TEXT_TOKENS } from '../networks/cross-attention-kv.ts';
import { buildCrossAttentionLora } from '../networks/cross-attention-lora.ts';
import { keyValueLoraGroups } from '../networks/lora-groups.ts';
import { changesGroups, packLoraInputs, type WeightedLora } from '../networks/lora-inputs.ts';
import { IMAGE_TOKENS } from '../networks/masks.ts';
import type { Tensor } from '../runtime/runtime.ts';
import type { Model } from './model.ts';
import type { StageContext } from './stage-context.ts';
import { concatFloats, floatTensor } from './tensors.ts';

export interface KeyValueInput {
  /** Contexts [77,D]: unconditional and conditional, or one of them. */
  readonly contexts: readonly [Float32Array] | readonly [Float32Array, Float32Array];
  /** [1,64,D] */
  readonly objectTokens: Float32Array;
  readonly loras: readonly WeightedLora[];
  /** Rank that cross-attention's LoRA inputs are padded to. */
  readonly loraRank: number;
}

/** Keys and values of all cross-attention layers as the step graph takes them, on the device where it keeps them. */
export interface KeyValues {
  readonly textK: Tensor;
  readonly textV: Tensor;
  readonly imageK: Tensor;
  readonly imageV: Tensor;
}

const OUTPUTS = ['textK', 'textV', 'imageK', 'imageV'] as const;

export function releaseKeyValues(keyValues: KeyValues): void {
  for (const name of OUTPUTS) release(keyValues[name]);
}

function release(tensor: Tensor): void {
  if (tensor.location === 'device') tensor.dispose();
}

function pick(outputs: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = outputs[name];
  invariant(tensor !== undefined, () => `The key and value graph has no output "${name}".`);
  return tensor;
}

/**
 * Computes the keys and values once for all steps, then adds the LoRAs' share to the text ones. The
 * caller owns the result and frees it with {@link releaseKeyValues}.
 */
export async function computeKeyValues(
  model: Model,
  { sessions, computeType }: StageContext,
  { contexts, objectTokens, loras, loraRank }: KeyValueInput,
): Promise<KeyValues> {
  const { config } = model.unet;
  const batch = contexts.length;
  const outputType = computeType;
  const context = floatTensor([batch, TEXT_TOKENS, config.contextWidth], concatFloats(contexts));
  const base = await sessions.get({
    key: `cross_attention:${batch}`,
    build: () => buildCrossAttentionKv(config, model.crossAttention, { batch, outputType }),
  });
  const outputs = await base.run(
    { context, objectTokens: floatTensor([1, IMAGE_TOKENS, config.contextWidth], objectTokens) },
    { keepOnDevice: OUTPUTS },
  );
  const plain: KeyValues = {
    textK: pick(outputs, 'textK'),
    textV: pick(outputs, 'textV'),
    imageK: pick(outputs, 'imageK'),
    imageV: pick(outputs, 'imageV'),
  };
  const groups = keyValueLoraGroups(config);
  if (!changesGroups(groups, loras)) return plain;
  try {
    const adder = await sessions.get({
      key: `cross_attention_lora:${batch}:${loraRank}`,
      build: () => buildCrossAttentionLora(config, { batch, loraRank, outputType }),
    });
    const changed = await adder.run(
      {
        context,
        baseTextK: plain.textK,
        baseTextV: plain.textV,
        ...packLoraInputs(groups, loras, { rank: loraRank, type: 'float32' }),
      },
      { keepOnDevice: ['textK', 'textV'] },
    );
    release(plain.textK);
    release(plain.textV);
    return { ...plain, textK: pick(changed, 'textK'), textV: pick(changed, 'textV') };
  } catch (error) {
    releaseKeyValues(plain);
    throw error;
  }
}
