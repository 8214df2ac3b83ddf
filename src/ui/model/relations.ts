import { type Box } from '../../shared/request.ts';
import { type RelationLoraEntry } from '../../weights/pack-manifest.ts';

/** A relation as the page offers it: words, boxes that suit it, and the RelationLoRA that knows it. */
export interface RelationIdea {
  readonly id: string;
  readonly label: string;
  readonly kind: 'single' | 'pair';
  /** The predicate as a sentence has it: "is hugging". */
  readonly predicate: string;
  /** Every wording, for finding the relation in a prompt. */
  readonly predicates: readonly string[];
  readonly boxes: readonly Box[];
}

/** The LoRA of the pack that was trained for an idea, matched by id. */
export function loraFor(
  idea: RelationIdea,
  loras: readonly RelationLoraEntry[],
): RelationLoraEntry | undefined {
  return loras.find((lora) => lora.id === idea.id);
}

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

/**
 * The relation that a prompt names: the idea that has the longest wording in it. A wording is there when it
 * shares its verb and has its other content words, or when it stands literally ("back to back"). Null when
 * none is named.
 */
export function findRelation(
  prompt: string,
  verbs: readonly string[],
  ideas: readonly RelationIdea[],
): RelationIdea | null {
  const spoken = words(prompt);
  const sentence = ` ${spoken.join(' ')} `;
  let best: { idea: RelationIdea; count: number } | null = null;
  for (const idea of ideas) {
    for (const predicate of idea.predicates) {
      const all = words(predicate);
      const content = all.filter((word) => !COMMON.has(word));
      const sharesVerb = content.some((word) => verbs.some((verb) => isFormOf(word, verb)));
      const others = content.filter((word) => !verbs.some((verb) => isFormOf(word, verb)));
      const named =
        (sharesVerb && others.every((word) => spoken.includes(word))) ||
        sentence.includes(` ${all.join(' ')} `);
      if (content.length === 0 || !named) continue;
      if (best === null || content.length > best.count) best = { idea, count: content.length };
    }
  }
  return best?.idea ?? null;
}
