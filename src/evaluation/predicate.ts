import { RELATIONS } from '../scenes/index.ts';
import { findRelation } from '../shared/find-relation.ts';
import { lemmatizeVerbs } from '../shared/lemmatize-verbs.ts';

const NAMED = RELATIONS.map(({ wordings }) => ({
  predicates: wordings.map(({ predicate }) => predicate),
}));

/**
 * The predicate that a prompt names, in the benchmark's own words ("is hugging"), found with compromise
 * (the paper uses spaCy); null if none is found.
 */
export function predicateOf(prompt: string): string | null {
  return findRelation(prompt, lemmatizeVerbs(prompt), NAMED)?.predicates[0] ?? null;
}
