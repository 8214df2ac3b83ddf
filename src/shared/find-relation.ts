/** Finding a relation's words in an English sentence: for the page's suggestions and RelationBench's CLIP-R. */

const words = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** Function words that every sentence has: they prove no relation. */
const COMMON = new Set(
  'a an the is are am be being with to in its of by each other and at on against'.split(' '),
);

/** Base forms of the verbs in a text: "hugging" gives "hug". */
export type Lemmatizer = (text: string) => readonly string[];

/** True if the word can be a form of the verb: "carries" of carry, "shaking" of shake. */
function isFormOf(word: string, verb: string): boolean {
  const stem = verb.replace(/[ey]$/, '');
  return stem.length >= 3 && word.startsWith(stem);
}

/** What a relation is found by: every way to say its predicate, for example "is hugging". */
export interface NamedRelation {
  readonly predicates: readonly string[];
}

/**
 * The relation that a prompt names: the one that has the longest wording in it. A wording is there when it
 * shares its verb and has its other content words, or when it stands literally ("back to back"). `verbs`
 * are the base forms of the prompt's verbs. Null when none is named.
 */
export function findRelation<Relation extends NamedRelation>(
  prompt: string,
  verbs: readonly string[],
  relations: readonly Relation[],
): Relation | null {
  const spoken = words(prompt);
  const sentence = ` ${spoken.join(' ')} `;
  let best: { relation: Relation; count: number } | null = null;
  for (const relation of relations) {
    for (const predicate of relation.predicates) {
      const all = words(predicate);
      const content = all.filter((word) => !COMMON.has(word));
      const sharesVerb = content.some((word) => verbs.some((verb) => isFormOf(word, verb)));
      const others = content.filter((word) => !verbs.some((verb) => isFormOf(word, verb)));
      const named =
        (sharesVerb && others.every((word) => spoken.includes(word))) ||
        sentence.includes(` ${all.join(' ')} `);
      if (content.length === 0 || !named) continue;
      if (best === null || content.length > best.count) best = { relation, count: content.length };
    }
  }
  return best?.relation ?? null;
}
