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

/** Base forms of the verbs in a text, by the word as it stands: "hugging" → "hug". */
export type Lemmatizer = (text: string) => ReadonlyMap<string, string>;

/**
 * The relation that a prompt names: the idea that has the longest wording in it. A wording is there when all
 * its content words are, in whatever inflection; one without a verb ("back to back") must stand literally.
 * Null when none is named.
 */
export function findRelation(
  prompt: string,
  ideas: readonly RelationIdea[],
  lemmatize: Lemmatizer,
): RelationIdea | null {
  const lemmas = lemmatize(prompt);
  const present = new Set([...words(prompt), ...lemmas.values()]);
  const spoken = ` ${words(prompt).join(' ')} `;
  let best: { idea: RelationIdea; count: number } | null = null;
  for (const idea of ideas) {
    for (const predicate of idea.predicates) {
      const all = words(predicate);
      const content = all.filter((word) => !COMMON.has(word));
      const forms = lemmatize(predicate);
      const named =
        forms.size > 0 || all.length === 1
          ? content.every((word) => present.has(word) || present.has(forms.get(word) ?? word))
          : spoken.includes(` ${all.join(' ')} `);
      if (content.length === 0 || !named) continue;
      if (best === null || content.length > best.count) best = { idea, count: content.length };
    }
  }
  return best?.idea ?? null;
}
