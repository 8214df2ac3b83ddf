import { describe, expect, it } from 'vitest';
import { createClipTokenizer, END_TOKEN, START_TOKEN } from './clip-tokenizer.ts';

const letters = ['a', 'b', 'c', 't'];
/** A vocabulary of a few letters, their word-final forms, and three merges. */
const tokens = [
  '!',
  ...letters,
  '!</w>',
  ...letters.map((letter) => `${letter}</w>`),
  "'</w>",
  "'",
  'at</w>',
  'cat</w>',
  "'t</w>",
  'Ã',
  '©</w>',
  'Ã©</w>',
  START_TOKEN,
  END_TOKEN,
];
const id = (token: string): number => tokens.indexOf(token);
const vocab = JSON.stringify(Object.fromEntries(tokens.map((token, index) => [token, index])));
const merges = "#version: 0.2\na t</w>\nc at</w>\n' t</w>\nÃ ©</w>\n";
const [start, end] = [id(START_TOKEN), id(END_TOKEN)];

const first = createClipTokenizer({ vocab, merges, padTokenId: end });
const second = createClipTokenizer({ vocab, merges, padTokenId: 0 });
const body = (ids: readonly number[], count: number): readonly number[] => ids.slice(1, 1 + count);

describe('the CLIP tokenizer', () => {
  it('lower-cases, merges in order and pads with its own token', () => {
    const expected = [id('cat</w>'), id('a'), id('b</w>')];
    const a = first.encode('  Cat\n AB ');
    expect(a.ids).toEqual([start, ...expected, end, ...Array<number>(72).fill(end)]);
    expect(a.eos).toBe(4);
    expect(a.tokenCount).toBe(3);
    expect(second.encode('Cat AB').ids).toEqual([start, ...expected, end, ...Array<number>(72).fill(0)]);
  });

  it('splits contractions and encodes letters beyond ASCII as their bytes', () => {
    expect(body(first.encode("cat't").ids, 2)).toEqual([id('cat</w>'), id("'t</w>")]);
    // e and a combining accent become one letter before they become bytes.
    expect(body(first.encode('e\u0301').ids, 2)).toEqual([id('Ã©</w>'), end]);
  });

  it('takes "!" as the padding token where that is the padding token', () => {
    expect(body(first.encode('cat!!').ids, 3)).toEqual([id('cat</w>'), id('!'), id('!</w>')]);
    expect(body(second.encode('cat!!').ids, 3)).toEqual([id('cat</w>'), 0, 0]);
  });

  it('names the columns of each word', () => {
    expect(first.encode('cat tab\u00a0a').words).toEqual([
      { word: 'cat', start: 1, end: 2 },
      { word: 'tab', start: 2, end: 5 },
      { word: 'a', start: 5, end: 6 },
    ]);
  });

  it('keeps 75 tokens and says what was cut', () => {
    const long = first.encode(`${'cat '.repeat(74)}tab a`);
    expect(long.ids).toHaveLength(77);
    expect(long.eos).toBe(76);
    expect(long.tokenCount).toBe(78);
    expect(long.words.at(-1)).toEqual({ word: 'tab', start: 75, end: 76 });
    expect(long.cut).toBe('tab a');
    expect(first.encode('cat '.repeat(75)).cut).toBe('');
  });

  it('gives start and end for an empty text', () => {
    expect(first.encode('')).toMatchObject({ eos: 1, tokenCount: 0, words: [], cut: '' });
  });

  it('refuses files of another tokenizer', () => {
    expect(() => createClipTokenizer({ vocab: '[]', merges, padTokenId: 0 })).toThrow('vocab.json');
    expect(() => createClipTokenizer({ vocab: '{"a":0}', merges, padTokenId: 0 })).toThrow(START_TOKEN);
    expect(() => createClipTokenizer({ vocab, merges: 'a b c\n', padTokenId: 0 })).toThrow(
      'merges.txt: entry 1',
    );
    expect(() => createClipTokenizer({ vocab, merges, padTokenId: 999 })).toThrow('no token 999');
  });
});
