import { hostTensor } from '../runtime/runtime.ts';
import { buildClipText } from '../networks/clip-text.ts';
import type { ClipTokenizer, TokenizedText } from '../tokenizer/clip-tokenizer.ts';
import { type RelationWord, WORD_PLACE, withWordPlace } from './experiments.ts';
import type { Model } from './model.ts';
import { createResultCache } from './result-cache.ts';
import type { StageContext } from './stage-context.ts';
import { floatTensor, joinChannels, readFloats } from './tensors.ts';
import { TEXT_TOKENS } from '../networks/cross-attention-kv.ts';

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

export interface TextStage {
  /** A prompt through both towers, behind a learned word if one is given; a text always has the same word. */
  encodePrompt(text: string, word?: RelationWord): Promise<EncodedText>;
  /** A class phrase: the first tower's pooled state [C]. */
  encodePhrase(text: string): Promise<{ readonly pooled: Float32Array; readonly cut: string }>;
  /** A text's vector in the space it shares with pictures: the second tower's projected pooled state [P]. */
  embedText(text: string): Promise<Float32Array>;
}

/** Texts whose encodings are remembered, per tower: a few prompts and the phrases of their objects. */
const REMEMBERED_TEXTS = 32;

/** The two CLIP text towers; each text runs once and is remembered. */
export function createTextStage(model: Model, { sessions, attention, onDump }: StageContext): TextStage {
  const cache = createResultCache<TowerOutput>(REMEMBERED_TEXTS);

  function runTower(index: 0 | 1, text: string, word?: RelationWord): Promise<TowerOutput> {
    const name = index === 0 ? 'text_encoder' : 'text_encoder_2';
    const tokenizer: ClipTokenizer = model.tokenizers[index];
    const { component, config } = index === 0 ? model.textEncoder : model.textEncoder2;
    const key = word === undefined ? name : `${name}:word`;
    return cache.remember(`${key}:${text}`, async () => {
      const encoded = tokenizer.encode(text);
      const tokens: TokenizedText = word === undefined ? encoded : withWordPlace(encoded);
      const session = await sessions.get({
        key,
        build: () =>
          buildClipText(config, component, {
            batch: 1,
            attention,
            ...(word === undefined ? {} : { wordPlace: WORD_PLACE }),
          }),
      });
      const outputs = await session.run({
        ids: hostTensor('int64', [1, TEXT_TOKENS], BigInt64Array.from(tokens.ids, BigInt)),
        eos: hostTensor('int64', [1], BigInt64Array.of(BigInt(tokens.eos))),
        ...(word === undefined ? {} : { word: floatTensor([1, config.hidden_size], word.embeddings[index]) }),
      });
      const hidden = await readFloats(outputs['hidden'], 'hidden');
      const pooled = await readFloats(outputs['pooled'], 'pooled');
      onDump?.(`${name}.hidden`, [TEXT_TOKENS, config.hidden_size], hidden);
      onDump?.(`${name}.pooled`, [pooled.length], pooled);
      return { hidden, pooled, cut: tokens.cut };
    });
  }

  return {
    async encodePrompt(text, word) {
      const first = await runTower(0, text, word);
      const second = await runTower(1, text, word);
      const context = joinChannels(first.hidden, second.hidden, TEXT_TOKENS);
      onDump?.('context', [TEXT_TOKENS, context.length / TEXT_TOKENS], context);
      return {
        context,
        pooled: second.pooled,
        cut: first.cut.length >= second.cut.length ? first.cut : second.cut,
      };
    },
    async encodePhrase(text) {
      const { pooled, cut } = await runTower(0, text);
      return { pooled, cut };
    },
    async embedText(text) {
      return (await runTower(1, text)).pooled;
    },
  };
}
