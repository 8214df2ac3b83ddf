import { type Measure, MEASURES } from './scores.ts';
import {
  type Group,
  GROUPS,
  inGroup,
  type Interval,
  pairedDifference,
  type ScoredCase,
  summarize,
  type Summary,
} from './summary.ts';

export interface BenchRow {
  readonly name: string;
  readonly cases: readonly ScoredCase[];
}

const HEADINGS: Readonly<Record<Measure, string>> = {
  clipT: 'CLIP-T',
  clipR: 'CLIP-R',
  clipI: 'CLIP-I',
  lookI: 'DINO-style',
  relation: 'relation %',
  identity: 'attributes %',
  wholeIdentity: 'all four %',
  found: 'found %',
  swapped: 'swapped %',
  boxIou: 'box IoU',
};
const SHARES: ReadonlySet<Measure> = new Set(['relation', 'identity', 'wholeIdentity', 'found', 'swapped']);

function cell(measure: Measure, value: Interval | undefined): string {
  if (value === undefined) return '–';
  const [factor, digits] = SHARES.has(measure) ? [100, 1] : [1, 3];
  return `${(value.mean * factor).toFixed(digits)} ± ${(value.half * factor).toFixed(digits)}`;
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function table(rows: readonly (readonly [label: string, count: string, summary: Summary])[]): string {
  const head = ['', 'pictures', ...MEASURES.map((measure) => HEADINGS[measure])];
  return [
    line(head),
    line(head.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...rows.map(([label, count, summary]) =>
      line([label, count, ...MEASURES.map((measure) => cell(measure, summary[measure]))]),
    ),
  ].join('\n');
}

function groupTables(rows: readonly BenchRow[], group: Group, reference: BenchRow | undefined): string {
  const parts = rows.map(({ name, cases }) => ({ name, cases: inGroup(cases, group) }));
  if (parts.every(({ cases }) => cases.length === 0)) return '';
  const means = table(
    parts.map(({ name, cases }) => {
      const lora = cases.filter((one) => one.lora).length;
      return [
        name,
        lora === 0 ? String(cases.length) : `${cases.length}, ${lora} with LoRA`,
        summarize(cases),
      ];
    }),
  );
  const others = parts.filter(({ name }) => name !== reference?.name);
  if (reference === undefined || others.length === 0) return `## ${group}\n\n${means}\n`;
  const differences = table(
    others.map(({ name, cases }) => [
      `${name} − ${reference.name}`,
      String(cases.length),
      pairedDifference(cases, reference.cases),
    ]),
  );
  return `## ${group}\n\n${means}\n\nDifferences on the same cases:\n\n${differences}\n`;
}

/** Markdown: for one and two objects a table of means and one of differences to the row `reference`. */
export function benchTable(rows: readonly BenchRow[], reference: string): string {
  const base = rows.find(({ name }) => name === reference);
  return GROUPS.map((group) => groupTables(rows, group, base))
    .filter((text) => text !== '')
    .join('\n');
}
