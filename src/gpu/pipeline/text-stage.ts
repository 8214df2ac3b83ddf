import { hostTensor } from '../runtime/runtime.ts';
import { buildClipText } from '../networks/clip-text.ts';
import type { ClipTokenizer, TokenizedText } from '../tokenizer/clip-tokenizer.ts';
import { type RelationWord, WORD_PLACE, withWordPlace } from './experiments.ts';
import type { Model } from './model.ts';
import { createResultCache } from './result-cache.ts';
import type { StageContext } from './stage-context.ts';
import { floatTensor, joinChannels, readFloats } from './tensors.ts';
import { TEXT_TOKENS } from '../networks/cross-attention-kv.ts';
import { textLoraGroups } from '../networks/lora-groups.ts';
import { packLoraInputs, paddedTextRank, type WeightedLora } from '../networks/lora-inputs.ts';

/** One text for the U-Net: `context` [77,D] of both towers side by side, `pooled` [P] of the second. */
export interface EncodedText {
  readonly context: Float32Array;
  readonly pooled: Float32Array;
  /** Words that did not fit into 77 tokens of either tower; empty if all did. */
  readonly cut: string;
}

interface TowerOutput {
  /** [77,C] */
  readonly hidden: Float32Array;
  readonly pooled: Float32Array;
  readonly cut: string;
}

/** LoRAs that the towers may be changed by. */
export interface TextLoras {
  readonly loras: readonly WeightedLora[];
  /** Tells them from others that were in use before. */
  readonly key: string;
}

export interface PromptOptions extends TextLoras {
  /** A learned word in front of the prompt; a text always has the same one. */
  readonly word?: RelationWord | undefined;
}

export interface TextStage {
  /** A prompt through both towers. */
  encodePrompt(text: string, options: PromptOptions): Promise<EncodedText>;
  /** A class phrase: the first tower's pooled state [C]. */
  encodePhrase(
    text: string,
    loras: TextLoras,
  ): Promise<{ readonly pooled: Float32Array; readonly cut: string }>;
  /** A text's vector in the space it shares with pictures: the second tower's projected pooled state [P]. */
  embedText(text: string): Promise<Float32Array>;
  /** Forgets the texts it remembers: a LoRA's key may mean another file from now on. */
  forget(): void;
}

/** What tells a phrase's encoding from one with other LoRAs; empty where none changes its tower. */
export function phraseKey({ loras, key }: TextLoras): string {
  return paddedTextRank('text_encoder', loras) === 0 ? '' : key;
}

const NO_LORAS: TextLoras = { loras: [], key: '' };

/** Texts whose encodings are remembered, per tower: a few prompts and the phrases of their objects. */
const REMEMBERED_TEXTS = 32;

/** The two CLIP text towers; each text runs once and is remembered. */
export function createTextStage(model: Model, { sessions, attention, onDump }: StageContext): TextStage {
  const cache = createResultCache<TowerOutput>(REMEMBERED_TEXTS);

  function runTower(
    index: 0 | 1,
    text: string,
    { loras, key: lorasKey, word }: PromptOptions,
  ): Promise<TowerOutput> {
    const name = index === 0 ? 'text_encoder' : 'text_encoder_2';
    const tokenizer: ClipTokenizer = model.tokenizers[index];
    const { component, config } = index === 0 ? model.textEncoder : model.textEncoder2;
    const rank = paddedTextRank(name, loras);
    const key = `${name}${word === undefined ? '' : ':word'}:${rank}`;
    return cache.remember(JSON.stringify([key, text, rank === 0 ? '' : lorasKey]), async () => {
      const encoded = tokenizer.encode(text);
      const tokens: TokenizedText = word === undefined ? encoded : withWordPlace(encoded);
      const groups = textLoraGroups(name, config);
      const session = await sessions.get({
        key,
        build: () =>
          buildClipText(config, component, {
            batch: 1,
            attention,
            ...(word === undefined ? {} : { wordPlace: WORD_PLACE }),
            ...(rank === 0 ? {} : { lora: { rank, groups } }),
          }),
      });
      const outputs = await session.run({
        ids: hostTensor('int64', [1, TEXT_TOKENS], BigInt64Array.from(tokens.ids, BigInt)),
        eos: hostTensor('int64', [1], BigInt64Array.of(BigInt(tokens.eos))),
        ...(word === undefined ? {} : { word: floatTensor([1, config.hidden_size], word.embeddings[index]) }),
        ...(rank === 0 ? {} : packLoraInputs(groups, loras, { rank, type: 'float32' })),
      });
      const hidden = await readFloats(outputs['hidden'], 'hidden');
      const pooled = await readFloats(outputs['pooled'], 'pooled');
      onDump?.(`${name}.hidden`, [TEXT_TOKENS, config.hidden_size], hidden);
      onDump?.(`${name}.pooled`, [pooled.length], pooled);
      return { hidden, pooled, cut: tokens.cut };
    });
  }

  return {
    async encodePrompt(text, options) {
      const first = await runTower(0, text, options);
      const second = await runTower(1, text, options);
      const context = joinChannels(first.hidden, second.hidden, TEXT_TOKENS);
      onDump?.('context', [TEXT_TOKENS, context.length / TEXT_TOKENS], context);
      return {
        context,
        pooled: second.pooled,
        cut: first.cut.length >= second.cut.length ? first.cut : second.cut,
      };
    },
    async encodePhrase(text, loras) {
      const { pooled, cut } = await runTower(0, text, loras);
      return { pooled, cut };
    },
    async embedText(text) {
      return (await runTower(1, text, NO_LORAS)).pooled;
    },
    forget() {
      cache.clear();
    },
  };
}
