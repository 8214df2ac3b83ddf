import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createClipTokenizer } from '../../src/gpu/tokenizer/clip-tokenizer.ts';
import { goldenJson, TINY_CHECKPOINT } from '../support/golden.ts';

const texts = goldenJson(
  'tokens.json',
  z.array(
    z.object({
      text: z.string(),
      /** Tokens of the whole text with start and end, before it was cut to 77. */
      length: z.number().int(),
      /** From the tokenizer that pads with the end token, and from the one that pads with "!". */
      ids: z.tuple([z.array(z.number()), z.array(z.number())]),
    }),
  ),
);

function readTokenizer(folder: string): ReturnType<typeof createClipTokenizer> {
  const read = (file: string): string => readFileSync(join(TINY_CHECKPOINT, folder, file), 'utf8');
  const vocab: unknown = JSON.parse(read('vocab.json'));
  const ids = z.record(z.string(), z.number()).parse(vocab);
  const { pad_token: pad } = z
    .object({ pad_token: z.string() })
    .parse(JSON.parse(read('tokenizer_config.json')));
  return createClipTokenizer({
    vocab: read('vocab.json'),
    merges: read('merges.txt'),
    padTokenId: ids[pad] ?? -1,
  });
}

const tokenizers = [readTokenizer('tokenizer'), readTokenizer('tokenizer_2')] as const;

describe('tokens equal those of transformers’ CLIPTokenizer', () => {
  it.each(texts)('$text', ({ text, length, ids }) => {
    expect(tokenizers[0].encode(text).ids).toEqual(ids[0]);
    expect(tokenizers[1].encode(text).ids).toEqual(ids[1]);
    expect(tokenizers[0].encode(text).tokenCount).toBe(length - 2);
  });

  it('cover texts that are cut and texts that are padded', () => {
    expect(texts.some(({ length }) => length > 77)).toBe(true);
    expect(texts.some(({ ids }) => ids[0].at(-1) !== ids[1].at(-1))).toBe(true);
    expect(texts.length).toBeGreaterThanOrEqual(20);
  });
});
