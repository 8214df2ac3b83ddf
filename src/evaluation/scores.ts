import type { Identity } from '../scenes/index.ts';
import type { Box } from '../shared/request.ts';
import { boxIou, cosine } from './measures.ts';
import { ATTRIBUTES, type CharacterReading, fit, rightAttributes } from './readings.ts';

/** Names of the measures, in the order of the table; what each means stands at {@link scoreCase}. */
export const MEASURES = [
  'clipT',
  'clipR',
  'clipI',
  'lookI',
  'relation',
  'identity',
  'wholeIdentity',
  'found',
  'swapped',
  'boxIou',
] as const;
export type Measure = (typeof MEASURES)[number];

/** Scores of one picture; a measure that does not apply is null. */
export type CaseScores = Readonly<Record<Measure, number | null>>;

/** Vectors of what should look alike. */
export interface Likeness {
  /** The picture, cut to the object's box. */
  readonly cut: Float32Array;
  readonly photo: Float32Array;
}

/** CLIP vectors of one case. */
export interface CaseEmbeddings {
  readonly picture: Float32Array;
  readonly prompt: Float32Array;
  /** Null if no predicate was found in the prompt. */
  readonly predicate: Float32Array | null;
  readonly objects: readonly Likeness[];
}

export interface CaseObject {
  readonly identity: Identity;
  /** Where it was asked for. */
  readonly box: Box;
  readonly reading: CharacterReading;
}

export interface CaseEvidence {
  readonly relation: string;
  /** What the relation judge saw. */
  readonly seenRelation: string;
  readonly objects: readonly CaseObject[];
  /** Null for a pack whose CLIP pair cannot compare. */
  readonly embeddings: CaseEmbeddings | null;
  /** Self-supervised vectors of each object's part of the picture and of its photo; null without the judge. */
  readonly looks: readonly Likeness[] | null;
}

/**
 * - `clipT`, `clipR`: cosine of the picture with the prompt, and with its predicate alone;
 * - `clipI`: cosine of each object's part of the picture with its photo, averaged; `lookI`: the same by the
 *   self-supervised encoder, in place of DINO;
 * - `relation`: 1 if the judge names the asked relation;
 * - `identity`: share of species, main colour, pattern and accessory that are right; `wholeIdentity`: share of
 *   objects with all four right;
 * - `found`: share of objects at whose box a character is; `boxIou`: overlap of asked box and character, 0
 *   where there is none;
 * - `swapped` (two objects): 1 if what is seen fits the photos better the other way round.
 */
export function scoreCase({ relation, seenRelation, objects, embeddings, looks }: CaseEvidence): CaseScores {
  const right = objects.map(({ reading, identity }) => Object.values(rightAttributes(reading, identity)));
  return {
    clipT: embeddings === null ? null : cosine(embeddings.picture, embeddings.prompt),
    clipR:
      embeddings === null || embeddings.predicate === null
        ? null
        : cosine(embeddings.picture, embeddings.predicate),
    clipI: embeddings === null ? null : likeness(embeddings.objects),
    lookI: looks === null ? null : likeness(looks),
    relation: Number(seenRelation === relation),
    identity: mean(right.map((values) => values.filter(Boolean).length / ATTRIBUTES.length)),
    wholeIdentity: mean(right.map((values) => Number(values.every(Boolean)))),
    found: mean(objects.map(({ reading }) => Number(reading.present))),
    swapped: swapped(objects),
    boxIou: mean(objects.map(({ box, reading }) => (reading.present ? boxIou(box, reading.box) : 0))),
  };
}

function likeness(pairs: readonly Likeness[]): number | null {
  return mean(pairs.map(({ cut, photo }) => cosine(cut, photo)));
}

function swapped([first, second]: readonly CaseObject[]): number | null {
  if (first === undefined || second === undefined) return null;
  const own = fit(first.reading, first.identity) + fit(second.reading, second.identity);
  const exchanged = fit(first.reading, second.identity) + fit(second.reading, first.identity);
  return Number(exchanged > own);
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
