import { type CaseScores, type Measure, MEASURES } from './scores.ts';

/** One scored picture of a row. */
export interface ScoredCase {
  readonly id: string;
  readonly relation: string;
  readonly objects: number;
  /** Whether a RelationLoRA was in use. */
  readonly lora: boolean;
  readonly scores: CaseScores;
}

export interface Interval {
  readonly mean: number;
  /** Half width of the 95 % interval of the mean (normal approximation over cases). */
  readonly half: number;
  readonly count: number;
}

export type Summary = Readonly<Partial<Record<Measure, Interval>>>;

/** The two halves of the paper's Table 1. */
export const GROUPS = ['one object', 'two objects'] as const;
export type Group = (typeof GROUPS)[number];

/** Two standard errors hold 95 % of a normal distribution. */
export const NORMAL_95 = 1.96;

/** Mean and 95 % interval; undefined for no values. */
export function interval(values: readonly number[]): Interval | undefined {
  const count = values.length;
  if (count === 0) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, half: count < 2 ? 0 : NORMAL_95 * Math.sqrt(squares / (count - 1) / count), count };
}

export function inGroup(cases: readonly ScoredCase[], group: Group): readonly ScoredCase[] {
  return cases.filter(({ objects }) => (objects === 1 ? 'one object' : 'two objects') === group);
}

function summarizeBy(valuesOf: (measure: Measure) => readonly number[]): Summary {
  const summary: Partial<Record<Measure, Interval>> = {};
  for (const measure of MEASURES) {
    const found = interval(valuesOf(measure));
    if (found !== undefined) summary[measure] = found;
  }
  return summary;
}

const present = (value: number | null | undefined): readonly number[] =>
  value === null || value === undefined ? [] : [value];

/** Means over the cases to which a measure applies. */
export function summarize(cases: readonly ScoredCase[]): Summary {
  return summarizeBy((measure) => cases.flatMap(({ scores }) => present(scores[measure])));
}

/** Mean differences, row minus reference, over the cases that both have. */
export function pairedDifference(row: readonly ScoredCase[], reference: readonly ScoredCase[]): Summary {
  const others = new Map(reference.map((one) => [one.id, one.scores]));
  return summarizeBy((measure) =>
    row.flatMap(({ id, scores }) => {
      const [own, other] = [scores[measure], others.get(id)?.[measure]];
      return own === null || other === null || other === undefined ? [] : [own - other];
    }),
  );
}
