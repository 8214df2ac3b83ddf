import { AppError } from '../shared/errors.ts';
import { ATTRIBUTES, type Attribute } from './readings.ts';
import { NORMAL_95 } from './summary.ts';

/** What a person saw in a picture: null where it cannot be told. Objects go from left to right by their boxes. */
export interface EyeLabel {
  readonly relation: string | null;
  readonly objects: readonly Readonly<Record<Attribute, string | null>>[];
}

/** What may be seen; names by question, "relation" among them. */
export type KnownLabels = Readonly<Record<'relation' | Attribute, readonly string[]>>;

const UNTOLD = '?';

function labelIn(known: readonly string[], word: string, where: string): string | null {
  if (word === UNTOLD) return null;
  if (known.includes(word)) return word;
  throw new AppError('bad-request', `${where}: "${word}" is none of ${known.join(', ')}, or ${UNTOLD}.`);
}

/**
 * Labels by picture number, one picture a line: "12 hugging | bear red plain none | frog green spots hat", the attributes
 * in the order of {@link ATTRIBUTES}. Throws AppError 'bad-request' naming the line.
 */
export function parseEyeLabels(text: string, known: KnownLabels): ReadonlyMap<number, EyeLabel> {
  const labels = new Map<number, EyeLabel>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const where = `line ${index + 1}`;
    const [head = '', ...parts] = line.split('|').map((part) => part.trim());
    const [number = '', relation = UNTOLD] = head.split(/\s+/);
    const key = Number(number);
    if (!Number.isInteger(key) || labels.has(key)) {
      throw new AppError('bad-request', `${where}: expected a new picture number, got "${number}".`);
    }
    const objects = parts.map((part) => {
      const words = part.split(/\s+/);
      const seen = (name: Attribute): string | null =>
        labelIn(known[name], words[ATTRIBUTES.indexOf(name)] ?? '', where);
      return {
        species: seen('species'),
        main: seen('main'),
        pattern: seen('pattern'),
        accessory: seen('accessory'),
      };
    });
    labels.set(key, { relation: labelIn(known.relation, relation, where), objects });
  }
  return labels;
}

export interface Agreement {
  /** Answers that could be told by eye. */
  readonly told: number;
  readonly untold: number;
  readonly equal: number;
  /** Ends of the 95 % interval of the share of equal ones (Wilson 1927). */
  readonly interval: readonly [low: number, high: number];
}

function wilson(equal: number, told: number): readonly [number, number] {
  if (told === 0) return [0, 1];
  const share = equal / told;
  const square = NORMAL_95 ** 2 / told;
  const centre = (share + square / 2) / (1 + square);
  const half = (NORMAL_95 / (1 + square)) * Math.sqrt((share * (1 - share)) / told + square / (4 * told));
  return [centre - half, centre + half];
}

/** How often a judge's answers are the eye's; pairs of [eye, judge]. */
export function agreementOf(pairs: readonly (readonly [eye: string | null, judge: string])[]): Agreement {
  const told = pairs.filter(([eye]) => eye !== null);
  const equal = told.filter(([eye, judge]) => eye === judge).length;
  return {
    told: told.length,
    untold: pairs.length - told.length,
    equal,
    interval: wilson(equal, told.length),
  };
}
