import { describe, expect, it } from 'vitest';
import { addPhrase, findPhrase, markPhrases, replacePhrase, withArticle } from './phrases.ts';

describe('finding a phrase', () => {
  it('ignores case and stops at word borders', () => {
    expect(findPhrase('A Plush Bear waves', 'plush bear')).toEqual({ start: 2, end: 12 });
    expect(findPhrase('a beard', 'bear')).toBeNull();
    expect(findPhrase('a beard and a bear', 'bear')).toEqual({ start: 14, end: 18 });
  });

  it('finds nothing for an empty phrase', () => {
    expect(findPhrase('a bear', '  ')).toBeNull();
  });
});

describe('marking phrases', () => {
  it('gives two objects of one name an occurrence each', () => {
    const marks = markPhrases('a bear hugs a bear', ['bear', 'bear']);
    expect(marks.map(({ start, object }) => [start, object])).toEqual([
      [2, 0],
      [14, 1],
    ]);
  });

  it('does not let a short phrase take the words of a longer one', () => {
    const marks = markPhrases('a plush bear and a bear', ['bear', 'plush bear']);
    expect(marks.map(({ start, object }) => [start, object])).toEqual([
      [2, 1],
      [19, 0],
    ]);
  });
});

describe('writing phrases', () => {
  it('puts a missing phrase in front, with its article', () => {
    expect(addPhrase('a fox is dancing', 'owl')).toBe('an owl and a fox is dancing');
    expect(addPhrase('', 'bear')).toBe('a bear');
  });

  it('exchanges a phrase and fits the article', () => {
    expect(replacePhrase('A bear is hugging a fox', 'bear', 'owl')).toBe('An owl is hugging a fox');
    expect(replacePhrase('the bear sits', 'bear', 'owl')).toBe('the owl sits');
    expect(replacePhrase('a fox sits', 'bear', 'owl')).toBe('a fox sits');
  });

  it('chooses the article by the first letter', () => {
    expect([withArticle('orange cat'), withArticle('cat')]).toEqual(['an orange cat', 'a cat']);
  });
});
