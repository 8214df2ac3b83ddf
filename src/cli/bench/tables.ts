import { type Comparison, OURS } from './compare.ts';
import type { OutsideRuntime } from './outside-runtime.ts';
import type { Profile } from './ort-profile.ts';
import type { QuantizationReport } from './quantization.ts';
import { runPeakBytes } from './step-memory.ts';
import { COMPONENTS } from '../../weights/pack-manifest.ts';

/** Rows as a Markdown table: what is printed can be put into the docs. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const milliseconds = (value: number): string => `${value.toFixed(1)} ms`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** The comparison's tables; ratios are to the float32 graph that the engine runs. */
export function comparisonTables(comparison: Comparison, outside: OutsideRuntime): string {
  const { graphs, keyValues, latentSteps, matmulRate, profiles } = comparison;
  const own = graphs.find(({ name }) => name === OURS);
  const base = own?.median ?? 1;
  const rows = graphs.map(({ name, median, quartiles, error, latentError, memory, weightBytes }) => [
    name,
    milliseconds(median),
    `${milliseconds(quartiles[0])} – ${milliseconds(quartiles[1])}`,
    `${(median / base).toFixed(2)} ×`,
    error.toExponential(1),
    latentError?.toExponential(1) ?? '',
    megabytes(weightBytes),
    memory === undefined ? '' : megabytes(memory.load.peakBytes - memory.load.startBytes),
    memory === undefined ? '' : megabytes(runPeakBytes(memory)),
  ]);
  const withKeys = base + keyValues.median;
  const flops = profiles[OURS]?.flops ?? 0;
  const achieved = (flops * 1000) / base;
  return [
    table(
      [
        'graph',
        'step, median',
        'quartiles',
        'to ours',
        'error',
        `of latents, ${latentSteps} steps`,
        'weights',
        'peak of loading',
        'peak of running',
      ],
      rows,
    ),
    table(
      ['what', 'value'],
      [
        ['keys and values of all layers', milliseconds(keyValues.median)],
        [
          'a step if they were computed every time',
          `${milliseconds(withKeys)}, ${(withKeys / base).toFixed(3)} ×`,
        ],
        ['operations of a step', `${(flops / 1e9).toFixed(2)} GFLOP`],
        ['rate of a step', `${(achieved / 1e9).toFixed(1)} GFLOP/s`],
        ['rate of a MatMul of 1024³', `${(matmulRate / 1e9).toFixed(1)} GFLOP/s`],
        ['share of that rate', percent(achieved / matmulRate)],
        ['outside onnxruntime, of a step in a generation', percent(outside.share)],
      ],
    ),
    ...Object.entries(profiles).map(([name, profile]) => profileTable(name, profile)),
  ].join('\n\n');
}

/** Three digits are more than two pictures tell. */
const share = (value: number | undefined): string =>
  value === undefined ? '' : `${Number((100 * value).toPrecision(2))} %`;

/** Errors by rounding and network: of the network's own output, then of the latents at the end. */
export function quantizationTables({ rows, steps, pictures }: QuantizationReport): string {
  const names = COMPONENTS.filter((name) => rows.some(({ networks }) => networks[name] !== undefined));
  return [
    "Of each network's own output:",
    table(
      ['weights', ...names],
      rows.map(({ name, networks }) => [name, ...names.map((network) => share(networks[network]?.output))]),
    ),
    `Of the latents after ${steps} steps, mean of ${pictures} pictures, with this network alone rounded:`,
    table(
      ['weights', ...names, 'all'],
      rows.map(({ name, networks, all }) => [
        name,
        ...names.map((network) => share(networks[network]?.latents)),
        share(all),
      ]),
    ),
  ].join('\n\n');
}

const SHOWN_OPERATORS = 16;

function profileTable(name: string, { operators, run }: Profile): string {
  const nodes = operators.reduce((sum, { count }) => sum + count, 0);
  const rows = operators
    .slice(0, SHOWN_OPERATORS)
    .map(({ operator, count, milliseconds: time, share }) => [
      operator,
      count.toFixed(0),
      milliseconds(time),
      percent(share),
    ]);
  return [
    `Profile of ${name}: ${nodes.toFixed(0)} nodes, ${milliseconds(run)} a run while profiled`,
    table(['operator', 'nodes', 'time', 'share'], rows),
  ].join('\n\n');
}
