import { describe, expect, it } from 'vitest';
import { parseRows, ROWS } from './rows.ts';
import type { CaseScores } from './scores.ts';
import { interval, pairedDifference, type ScoredCase, summarize } from './summary.ts';
import { benchTable } from './table.ts';

function scored(id: string, relation: number, objects = 2): ScoredCase {
  const scores: CaseScores = {
    clipT: null,
    clipR: null,
    clipI: null,
    lookI: null,
    identity: null,
    wholeIdentity: null,
    found: null,
    swapped: null,
    boxIou: null,
    relation,
  };
  return { id, relation: 'hugging', objects, lora: relation === 1, scores };
}

describe('summaries', () => {
  it('give the mean and the 95 % interval of the mean', () => {
    const found = interval([0, 1, 0, 1]);
    expect(found?.mean).toBe(0.5);
    expect(found?.half).toBeCloseTo(1.96 * Math.sqrt(1 / 3 / 4), 9);
    expect(interval([])).toBeUndefined();
    expect(interval([3])).toEqual({ mean: 3, half: 0, count: 1 });
  });

  it('leave out measures that apply to no case', () => {
    expect(Object.keys(summarize([scored('a', 1)]))).toEqual(['relation']);
  });

  it('compare two rows case by case, on the cases that both have', () => {
    const row = [scored('a', 1), scored('b', 1), scored('c', 0)];
    const reference = [scored('b', 0), scored('a', 1), scored('d', 1)];
    const { relation } = pairedDifference(row, reference);
    expect(relation).toMatchObject({ mean: 0.5, count: 2 });
  });
});

describe('the table', () => {
  const rows = [
    { name: 'base', cases: [scored('a', 0), scored('b', 1)] },
    { name: 'full', cases: [scored('a', 1), scored('b', 1)] },
  ];

  it('has a line a row, in per cent, and the difference to the reference', () => {
    const text = benchTable(rows, 'base');
    expect(text).toMatch(/\| base \| 2, 1 with LoRA \| – \| – \| – \| – \| 50\.0 ± 98\.0 \|/);
    expect(text).toMatch(/\| full \| 2, 2 with LoRA \|.*\| 100\.0 ± 0\.0 \|/);
    expect(text).toMatch(/\| full − base \| 2 \|.*\| 50\.0 ± 98\.0 \|/);
    expect(text).not.toContain('one object');
  });

  it('compares with nothing where the reference is not among the rows', () => {
    expect(benchTable(rows, 'other')).not.toContain('Differences');
  });
});

describe('the rows to draw', () => {
  it('are known names, or a new one with a folder of RelationLoRAs', () => {
    const [base, own] = parseRows('base,mine=loras/mine');
    expect(base).toBe(ROWS.find(({ name }) => name === 'base'));
    expect(own).toMatchObject({
      name: 'mine',
      photos: true,
      learned: { kind: 'loras', folder: 'loras/mine' },
    });
  });

  it.each(['', 'all', 'base=folder', 'mine', '../out=folder', 'mine='])('are not "%s"', (text) => {
    expect(() => parseRows(text)).toThrow(`There is no row "${text}"`);
  });
});
