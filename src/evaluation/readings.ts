import type { Identity } from '../scenes/index.ts';
import { invariant } from '../shared/errors.ts';
import type { Box } from '../shared/request.ts';
import { boxIou, logSoftmax, type LooseBox } from './measures.ts';

/** Attributes that a judge of characters reads. */
export const ATTRIBUTES = ['species', 'main', 'pattern', 'accessory'] as const;
export type Attribute = (typeof ATTRIBUTES)[number];

/** Labels in the order of a judge's outputs. */
export type Labels = Readonly<Record<string, readonly string[]>>;

/** What the judge saw at one object's box. */
export interface CharacterReading {
  /** Log-probabilities by label, averaged over the asks. */
  readonly attributes: Readonly<Record<Attribute, ReadonlyMap<string, number>>>;
  /** Whether there is a character at all: every ask says so, and they agree where it is. */
  readonly present: boolean;
  /** Where it is, normalized to the picture. */
  readonly box: LooseBox;
}

/** A judge's answer to one ask. */
export interface CharacterAnswer {
  readonly logits: ReadonlyMap<string, Float32Array>;
  readonly places: readonly (readonly [number, number])[];
}

/**
 * A box is asked for at four places, moved towards the corners by this share of its size. A judge that only
 * repeats what it was asked, because the picture shows nothing clear, gives four different answers.
 */
const SHIFT = 0.12;
/** Least overlap of two of the answers; repeating the boxes gives 0.41. Both as in training/judges. */
const AGREEMENT = 0.75;

/** The four boxes to ask for, cut at the picture's edges. */
export function shiftedBoxes([x0, y0, x1, y1]: Box): readonly Box[] {
  const [dx, dy] = [SHIFT * (x1 - x0), SHIFT * (y1 - y0)];
  const cut = (value: number): number => Math.min(1, Math.max(0, value));
  return [-1, 1].flatMap((down) =>
    [-1, 1].map((right): Box => [
      cut(x0 + right * dx),
      cut(y0 + down * dy),
      cut(x1 + right * dx),
      cut(y1 + down * dy),
    ]),
  );
}

/** Places after the 17 keypoints: points on the left, top, right and bottom side of the character. */
const KEYPOINTS = 17;

function answers(
  logits: ReadonlyMap<string, Float32Array>,
  labels: Labels,
  question: string,
): ReadonlyMap<string, number> {
  const values = logits.get(question);
  const names = labels[question];
  invariant(
    values !== undefined && names?.length === values.length,
    () => `The judge gave ${values?.length ?? 'no'} answers to "${question}".`,
  );
  const logs = logSoftmax(values);
  return new Map(names.map((name, index) => [name, logs[index] ?? -Infinity]));
}

/** The most likely label. */
export function likeliest(logs: ReadonlyMap<string, number>): string {
  let best: readonly [string, number] = ['', -Infinity];
  for (const entry of logs) if (entry[1] > best[1]) best = entry;
  return best[0];
}

/** The relation judge's answer to a whole picture. */
export function readRelation(logits: ReadonlyMap<string, Float32Array>, labels: Labels): string {
  return likeliest(answers(logits, labels, 'relation'));
}

function meanAnswers(
  asked: readonly CharacterAnswer[],
  labels: Labels,
  question: Attribute,
): ReadonlyMap<string, number> {
  const each = asked.map(({ logits }) => answers(logits, labels, question));
  const mean = (name: string): number =>
    each.reduce((sum, logs) => sum + (logs.get(name) ?? -Infinity), 0) / each.length;
  return new Map((labels[question] ?? []).map((name) => [name, mean(name)]));
}

/** The sides that a judge points at. */
function boxOf({ places }: CharacterAnswer): LooseBox {
  const [left, top, right, bottom] = places.slice(KEYPOINTS);
  return [left?.[0] ?? 0, top?.[1] ?? 0, right?.[0] ?? 0, bottom?.[1] ?? 0];
}

function agree(boxes: readonly LooseBox[]): boolean {
  return boxes.every((a, index) => boxes.slice(0, index).every((b) => boxIou(a, b) > AGREEMENT));
}

/** The character judge's answers to {@link shiftedBoxes} of one object's box. */
export function readCharacter(asked: readonly CharacterAnswer[], labels: Labels): CharacterReading {
  const boxes = asked.map(boxOf);
  const side = (index: 0 | 1 | 2 | 3): number =>
    boxes.reduce((sum, box) => sum + box[index], 0) / boxes.length;
  const seen = asked.every(({ logits }) => (logits.get('present')?.[0] ?? 0) > 0);
  return {
    attributes: {
      species: meanAnswers(asked, labels, 'species'),
      main: meanAnswers(asked, labels, 'main'),
      pattern: meanAnswers(asked, labels, 'pattern'),
      accessory: meanAnswers(asked, labels, 'accessory'),
    },
    present: seen && agree(boxes),
    box: [side(0), side(1), side(2), side(3)],
  };
}

/** An identity's attributes as a picture can show them: clothes hide a belly patch. */
export function visibleAttributes(identity: Identity): Readonly<Record<Attribute, string>> {
  const { species, main, pattern, accessory, outfit } = identity;
  return { species, main, pattern: pattern === 'belly' && outfit !== 'none' ? 'plain' : pattern, accessory };
}

/** Which attributes of the identity the judge reads. */
export function rightAttributes(
  { attributes }: CharacterReading,
  identity: Identity,
): Readonly<Record<Attribute, boolean>> {
  const truth = visibleAttributes(identity);
  const right = (name: Attribute): boolean => likeliest(attributes[name]) === truth[name];
  return {
    species: right('species'),
    main: right('main'),
    pattern: right('pattern'),
    accessory: right('accessory'),
  };
}

/** How likely the reading is if the identity is there: the sum of the attributes' log-probabilities. */
export function fit({ attributes }: CharacterReading, identity: Identity): number {
  const truth = visibleAttributes(identity);
  return ATTRIBUTES.reduce((sum, name) => sum + (attributes[name].get(truth[name]) ?? -Infinity), 0);
}
