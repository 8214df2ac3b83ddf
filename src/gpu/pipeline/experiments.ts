import type { TokenizedText } from '../tokenizer/clip-tokenizer.ts';
import { openSafetensors } from '../../weights/safetensors.ts';
import { bytesSource } from '../../weights/sources.ts';
import { readFloats } from '../../weights/tensor-values.ts';
import { AppError } from '../../shared/errors.ts';

/** Cells of the local tokens' grid on each side: the paper's Table 7 compares 4, 16 and 64 tokens. */
export type LocalGrid = 2 | 4 | 8;

/** A learned word in front of the prompt: one embedding for each text tower. */
export interface RelationWord {
  readonly embeddings: readonly [first: Float32Array, second: Float32Array];
}

/** Ways to draw otherwise than the method does, for the benchmark's comparisons. */
export interface Experiments {
  /** Whose photo gives an object's local tokens: its own, or, as in the published code, the first object's. */
  readonly localTokensOf?: 'own' | 'first';
  readonly localGrid?: LocalGrid;
  /** The word that belongs in front of a prompt; undefined for none. The same prompt must give the same word. */
  readonly wordOf?: (prompt: string) => RelationWord | undefined;
}

/** Position of a learned word, after the start token. */
export const WORD_PLACE = 1;

/** A text's ids with room for one more token at {@link WORD_PLACE}; of a full text the last word's token goes. */
export function withWordPlace({ ids, eos, ...text }: TokenizedText): TokenizedText {
  const longer = [...ids.slice(0, WORD_PLACE), 0, ...ids.slice(WORD_PLACE, -1)];
  const end = Math.min(eos + 1, ids.length - 1);
  longer[end] = ids[eos] ?? 0;
  return { ...text, ids: longer, eos: end };
}

/**
 * Reads `relation_word.safetensors` of `training/toybox/relation_word.py`. Throws AppError 'bad-lora' for
 * another file.
 */
export async function readRelationWord(bytes: Uint8Array, name: string): Promise<RelationWord> {
  const { tensors } = await openSafetensors(bytesSource(name, bytes));
  const read = async (tower: string): Promise<Float32Array> => {
    const tensor = tensors.get(tower);
    if (tensor?.shape.length !== 1) {
      throw new AppError('bad-lora', `"${name}" is no learned word: it has no vector "${tower}".`);
    }
    return readFloats(tensor);
  };
  return { embeddings: [await read('text_encoder'), await read('text_encoder_2')] };
}
