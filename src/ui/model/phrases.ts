/** Where a phrase stands in a prompt, ignoring case, at word borders. */
export interface PhraseRange {
  readonly start: number;
  readonly end: number;
}

const isWord = (character: string | undefined): boolean =>
  character !== undefined && /[\p{L}\p{N}]/u.test(character);

/** The first whole-word occurrence of the phrase from `from` on, or null. */
export function findPhrase(prompt: string, phrase: string, from = 0): PhraseRange | null {
  const wanted = phrase.trim().toLowerCase();
  if (wanted === '') return null;
  const text = prompt.toLowerCase();
  for (let start = text.indexOf(wanted, from); start >= 0; start = text.indexOf(wanted, start + 1)) {
    const end = start + wanted.length;
    if (!isWord(text[start - 1]) && !isWord(text[end])) return { start, end };
  }
  return null;
}

export interface PhraseMark extends PhraseRange {
  /** Index of the object the words belong to. */
  readonly object: number;
}

/** One mark an object at most, left to right; equal phrases take one occurrence each. */
export function markPhrases(prompt: string, phrases: readonly string[]): readonly PhraseMark[] {
  const marks: PhraseMark[] = [];
  const byLength = phrases
    .map((phrase, object) => ({ phrase, object }))
    .sort((a, b) => b.phrase.length - a.phrase.length || a.object - b.object);
  for (const { phrase, object } of byLength) {
    let range = findPhrase(prompt, phrase);
    while (range !== null && marks.some((mark) => mark.start < end(range) && start(range) < mark.end)) {
      range = findPhrase(prompt, phrase, end(range));
    }
    if (range !== null) marks.push({ ...range, object });
  }
  return marks.sort((a, b) => a.start - b.start);
}

const start = (range: PhraseRange | null): number => range?.start ?? 0;
const end = (range: PhraseRange | null): number => range?.end ?? 0;

export function withArticle(phrase: string): string {
  return `${/^[aeiou]/i.test(phrase) ? 'an' : 'a'} ${phrase}`;
}

/** The prompt with a missing phrase put in front of it, as "a bear and …". */
export function addPhrase(prompt: string, phrase: string): string {
  const named = withArticle(phrase.trim());
  const rest = prompt.trim();
  return rest === '' ? named : `${named} and ${rest}`;
}

/** The prompt with one object's words exchanged, when the old ones stand there; otherwise unchanged. */
export function replacePhrase(prompt: string, before: string, after: string): string {
  const range = findPhrase(prompt, before);
  if (range === null || after.trim() === '') return prompt;
  const head = prompt.slice(0, range.start);
  const tail = prompt.slice(range.end);
  const fitted = head.replace(/\ban?\s+$/i, (article) => {
    const fresh = withArticle(after).startsWith('an') ? 'an ' : 'a ';
    return article.startsWith('A') ? fresh.charAt(0).toUpperCase() + fresh.slice(1) : fresh;
  });
  return `${fitted}${after.trim()}${tail}`;
}
