import { Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { AppError } from '../../shared/errors.ts';

export const START_TOKEN = '<|startoftext|>';
export const END_TOKEN = '<|endoftext|>';

/** Positions of a CLIP text tower. */
export const TOKEN_LENGTH = 77;

/**
 * CLIP's split of lower-cased text into pieces that byte-pair encoding never joins. White space is spelt
 * by its Unicode property, since JavaScript's \s and the reference's differ (U+0085, U+FEFF).
 */
const PIECES = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\p{White_Space}\\p{L}\\p{N}]+";

const vocabularySchema = z.record(z.string(), z.number().int().nonnegative());

/** The files of a transformers CLIPTokenizer. */
export interface TokenizerFiles {
  /** vocab.json */
  readonly vocab: string;
  /** merges.txt */
  readonly merges: string;
  /** 49407 (end of text) for SDXL's first tokenizer, 0 ("!") for its second. */
  readonly padTokenId: number;
}

/** A white-space separated word of the text and its tokens: columns [start, end) of `ids`. */
export interface TokenSpan {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

export interface TokenizedText {
  /** 77 ids: start, the text's tokens, end, padding. */
  readonly ids: readonly number[];
  /** Position of the first end token: where the towers pool. */
  readonly eos: number;
  /** Tokens of the whole text, without start and end, before anything was cut. */
  readonly tokenCount: number;
  /** Most tokens of a text that fit. */
  readonly capacity: number;
  /** Words that are at least partly in `ids`, in order. */
  readonly words: readonly TokenSpan[];
  /** The words, from the first that did not fit whole; empty if all fit. */
  readonly cut: string;
}

export interface ClipTokenizer {
  encode(text: string): TokenizedText;
}

/**
 * A tokenizer equal to transformers' CLIPTokenizer with padding and truncation to 77 tokens.
 * Throws AppError 'bad-pack' if the files are not those of a CLIP tokenizer.
 */
export function createClipTokenizer(files: TokenizerFiles): ClipTokenizer {
  const vocabulary = parseVocabulary(files.vocab);
  const start = specialId(vocabulary, START_TOKEN);
  const end = specialId(vocabulary, END_TOKEN);
  const pad = tokenOf(vocabulary, files.padTokenId);
  // The padding token is special too: SDXL's second tokenizer takes every "!" of a text as that one token.
  const added = { [START_TOKEN]: start, [END_TOKEN]: end, [pad]: files.padTokenId };
  const tokenizer = new Tokenizer(tokenizerConfig(vocabulary, parseMerges(files.merges), added), {});
  const idsOf = (word: string): readonly number[] => {
    return tokenizer.encode(word, { add_special_tokens: false }).ids;
  };

  return {
    encode(text) {
      // Byte-pair encoding never crosses white space, so words may be encoded one by one. The reference
      // lower-cases code point by code point: a capital sigma never becomes the final form.
      const words = text
        .replaceAll('Σ', 'σ')
        .split(/\p{White_Space}+/u)
        .filter((word) => word !== '');
      return assemble(words, words.map(idsOf), { start, end, pad: files.padTokenId });
    },
  };
}

function assemble(
  words: readonly string[],
  tokens: readonly (readonly number[])[],
  special: { readonly start: number; readonly end: number; readonly pad: number },
): TokenizedText {
  const capacity = TOKEN_LENGTH - 2;
  const all = tokens.flat();
  const kept = all.slice(0, capacity);
  const ids = [special.start, ...kept, special.end];
  const eos = ids.indexOf(special.end);
  while (ids.length < TOKEN_LENGTH) ids.push(special.pad);

  const spans: TokenSpan[] = [];
  let firstCut: number | undefined;
  let column = 1;
  for (const [index, word] of words.entries()) {
    const next = column + (tokens[index]?.length ?? 0);
    const last = Math.min(next, capacity + 1);
    if (column < last) spans.push({ word, start: column, end: last });
    if (next > capacity + 1) firstCut ??= index;
    column = next;
  }
  const cut = firstCut === undefined ? '' : words.slice(firstCut).join(' ');
  return { ids, eos, tokenCount: all.length, capacity, words: spans, cut };
}

function parseVocabulary(text: string): Readonly<Record<string, number>> {
  try {
    return vocabularySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError('bad-pack', 'vocab.json is not a JSON object of tokens and their numbers.', { cause });
  }
}

/** One merge a line, "left right"; lines that start with "#version" are a header. */
function parseMerges(text: string): readonly (readonly [string, string])[] {
  const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version'));
  return lines.map((line, index) => {
    const [left, right, ...rest] = line.split(' ');
    if (left === undefined || right === undefined || rest.length > 0) {
      throw new AppError('bad-pack', `merges.txt: entry ${index + 1} is "${line}", expected two symbols.`);
    }
    return [left, right];
  });
}

function specialId(vocabulary: Readonly<Record<string, number>>, token: string): number {
  const id = vocabulary[token];
  if (id === undefined) {
    throw new AppError(
      'bad-pack',
      `vocab.json has no ${token}: this is not the vocabulary of a CLIP tokenizer.`,
    );
  }
  return id;
}

function tokenOf(vocabulary: Readonly<Record<string, number>>, id: number): string {
  const entry = Object.entries(vocabulary).find(([, other]) => other === id);
  if (entry === undefined) {
    throw new AppError('bad-pack', `vocab.json has no token ${id}, which the pack names as padding.`);
  }
  return entry[0];
}

/** The tokenizer.json that transformers builds for CLIPTokenizer, without the parts done in `assemble`. */
function tokenizerConfig(
  vocab: Readonly<Record<string, number>>,
  merges: readonly (readonly [string, string])[],
  special: Readonly<Record<string, number>>,
): object {
  const added = ([content, id]: readonly [string, number]): object => ({
    id,
    content,
    special: true,
    normalized: false,
    single_word: false,
    lstrip: false,
    rstrip: false,
  });
  return {
    added_tokens: Object.entries(special).map(added),
    normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Lowercase' }] },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: PIECES }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: null,
    model: {
      type: 'BPE',
      vocab,
      merges,
      unk_token: END_TOKEN,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
    },
  };
}
