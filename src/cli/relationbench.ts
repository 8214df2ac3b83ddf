import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SingleBar } from 'cli-progress';
import { z } from 'zod';
import { type BenchCase, benchCases } from '../evaluation/cases.ts';
import {
  parseRows,
  REFERENCE_ROW,
  type RowPlan,
  ROWS,
  SPEED_ROWS,
  SWEEP_ROWS,
  TRUTH_ROW,
} from '../evaluation/rows.ts';
import { GROUPS, inGroup, type ScoredCase, summarize } from '../evaluation/summary.ts';
import { type BenchRow, benchTable } from '../evaluation/table.ts';
import { createNodeRuntime } from '../gpu/runtime/node-runtime.ts';
import { rgbaImage, type RgbaImage } from '../images/rgba-image.ts';
import { type RenderedScene, RELATIONS, renderScene } from '../scenes/index.ts';
import { createNodeCanvasFactory } from '../scenes/node-canvas.ts';
import { AppError } from '../shared/errors.ts';
import { type PackManifest } from '../weights/pack-manifest.ts';
import { createFolderStore } from '../weights/node-store.ts';
import { MANIFEST_FILE, openPack } from '../weights/pack-reader.ts';
import { sha256 } from '../weights/sha256.ts';
import { runCommand } from './command.ts';
import { servedPackFolder } from './pack-source.ts';
import { createPainter, learnedOf, type LearnedRow, type PaintedCase } from './relationbench-painter.ts';
import { openScorer, type Scorer } from './relationbench-scorer.ts';
import { photoOf } from './scene-request.ts';
import { createSheet } from './sheet.ts';

const USAGE = `RelationBench on the toy world: draws its cases with a pack and scores them.

  npm run relationbench -- --pack toybox [--full] [--rows a,b] [--relations a,b] [--limit N] [--steps N]
                           [--sweeps] [--trained work] [--out out/relationbench] [--threads N]

100 held-out cases (25 relations, 4 each), or 1,000 with --full. --pack is an id in public/models or a folder.
Rows: ${ROWS.map(({ name }) => name).join(', ')}, all by default;
with --sweeps also ${SWEEP_ROWS.map(({ name }) => name).join(', ')}; by name ${SPEED_ROWS.map(({ name }) => name).join(', ')};
or NAME=FOLDER, the full row with RelationLoRAs of a folder (RELATION/pytorch_lora_weights.safetensors). Rows that need a training of their own
(training.run --variant NAME) take it from --trained, its work folder, and are said to be missing without it.
Writes results.json, results.md and a sheet a row. Run the same command again to go on.
`;

const OPTIONS = {
  pack: { type: 'string' },
  full: { type: 'boolean' },
  rows: { type: 'string' },
  sweeps: { type: 'boolean' },
  trained: { type: 'string' },
  relations: { type: 'string' },
  limit: { type: 'string' },
  steps: { type: 'string' },
  out: { type: 'string' },
  threads: { type: 'string' },
  help: { type: 'boolean' },
} as const;

const positive = z.coerce.number().int().positive();
const relationId = z.string().refine((id) => RELATIONS.some((relation) => relation.id === id), {
  error: `expected ids among ${RELATIONS.map(({ id }) => id).join(', ')}`,
});
const Arguments = z.object({
  pack: z.string({ error: 'Name a pack with --pack, for example toybox.' }).min(1),
  full: z.boolean().default(false),
  rows: z.string().transform(parseRows).default(ROWS),
  sweeps: z.boolean().default(false),
  trained: z.string().default('work'),
  relations: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(relationId))
    .optional(),
  limit: positive.optional(),
  steps: positive.optional(),
  out: z.string().default(path.join('out', 'relationbench')),
  threads: z.coerce.number().int().nonnegative().default(0),
});
type Options = z.output<typeof Arguments>;

/** Side of the data engine's pictures, those of the judges' training. */
const TRUTH_SIDE = 256;
/** Side of a picture on a row's sheet: 100 cases stay one file to look at. */
const SHEET_SIDE = 160;

const canvases = createNodeCanvasFactory();

/** Pictures of one folder belong to one pack: mixing two would go unnoticed. */
async function claimFolder(out: string, manifest: Uint8Array): Promise<void> {
  await mkdir(out, { recursive: true });
  const file = path.join(out, 'pack.sha256');
  const hash = await sha256(manifest);
  if (existsSync(file) && (await readFile(file, 'utf8')) !== hash) {
    throw new AppError(
      'bad-request',
      `${out} holds pictures of another pack. Choose another --out, or remove that folder.`,
    );
  }
  await writeFile(file, hash);
}

type Paint = (one: BenchCase, truth: RenderedScene) => Promise<PaintedCase>;

/** Draws and scores every case of a row, and leaves its sheet. */
async function runRow(
  name: string,
  cases: readonly BenchCase[],
  paint: Paint,
  scorer: Scorer,
  out: string,
  onCase: () => void,
): Promise<BenchRow> {
  const sheet = createSheet(cases.length, SHEET_SIDE);
  const scored: ScoredCase[] = [];
  for (const [index, one] of cases.entries()) {
    const { scene } = one;
    const truth = renderScene(canvases, scene, TRUTH_SIDE);
    const { picture, lora } = await paint(one, truth);
    sheet.paste(index, {
      photos: scene.objects.map(photoOf),
      picture,
      truth: rgbaImage(TRUTH_SIDE, TRUTH_SIDE, truth.pixels),
      words: one.prompt,
    });
    const scores = await scorer.score(one, truth, picture);
    scored.push({ id: one.id, relation: scene.relation, objects: scene.objects.length, lora, scores });
    onCase();
  }
  await writeFile(path.join(out, `${name}.png`), sheet.canvas.toBuffer('image/png'));
  return { name, cases: scored };
}

function truthPicture(truth: RenderedScene): RgbaImage {
  return rgbaImage(TRUTH_SIDE, TRUTH_SIDE, truth.pixels);
}

interface Results {
  readonly pack: string;
  /** Rows whose training is missing. */
  readonly missing: readonly string[];
  readonly full: boolean;
  readonly steps: number;
  readonly judgeAccuracy: Scorer['judgeAccuracy'];
  readonly rows: readonly BenchRow[];
}

function resultsJson({ rows, ...facts }: Results): string {
  const summaries = rows.map(({ name, cases }) => ({
    name,
    summary: Object.fromEntries(GROUPS.map((group) => [group, summarize(inGroup(cases, group))])),
    cases,
  }));
  return `${JSON.stringify({ ...facts, rows: summaries }, null, 1)}\n`;
}

function resultsMarkdown(
  { pack, full, steps, rows, missing }: Results,
  { withoutClip, withLooks }: Scorer,
): string {
  const count = rows[0]?.cases.length ?? 0;
  const intro = [
    `# RelationBench on the toy world: ${pack}`,
    '',
    `${count} held-out cases (${full ? 'full set' : "the paper's form"}), ${steps} steps; means ± half a 95 % interval.`,
    `"${TRUTH_ROW}" scores the data engine's own pictures: what judges and CLIP can give at most. CLIP is the pack's own pair.`,
    withLooks
      ? 'DINO-style is a small self-supervised encoder, trained on renderings.'
      : 'No DINO-style score: tests/judges has no self-supervised encoder (training.judges.train makes it).',
    ...(missing.length === 0
      ? []
      : [
          `Missing, for want of their training (training.run --variant NAME, then --trained WORK): ${missing.join(', ')}.`,
        ]),
    ...(withoutClip === undefined ? [] : [`No CLIP scores: ${withoutClip}`]),
  ];
  return `${intro.join('\n')}\n\n${benchTable(rows, REFERENCE_ROW)}`;
}

async function relationbench(options: Options): Promise<void> {
  const { full, relations, limit, out, steps } = options;
  const folder = existsSync(options.pack) ? options.pack : servedPackFolder(options.pack);
  const store = createFolderStore(folder);
  const pack = await openPack(store);
  await claimFolder(out, await store.readFile(MANIFEST_FILE));
  const cases = benchCases({ full, relations, limit });
  const { plans, missing } = await knownPlans(options, pack.manifest);
  const runtime = createNodeRuntime({ threads: options.threads });
  const scorer = await openScorer(runtime, pack);
  const bar = new SingleBar({ format: '{bar} {value}/{total} {row}, {eta_formatted} left', etaBuffer: 50 });
  bar.start(cases.length * (1 + plans.length), 0, { row: TRUTH_ROW });
  const rows: BenchRow[] = [];
  const run = async (name: string, paint: Paint): Promise<void> => {
    const onCase = (): void => {
      bar.increment(1, { row: name });
    };
    rows.push(await runRow(name, cases, paint, scorer, out, onCase));
  };
  try {
    await run(TRUTH_ROW, (_, truth) => Promise.resolve({ picture: truthPicture(truth), lora: false }));
    for (const plan of plans) await runPainted(plan, run, { runtime, pack, out, steps });
  } finally {
    bar.stop();
    await scorer.dispose();
    await runtime.dispose();
  }
  const results = {
    pack: pack.manifest.id,
    missing,
    full,
    steps: steps ?? pack.manifest.defaults.steps,
    judgeAccuracy: scorer.judgeAccuracy,
    rows,
  };
  const markdown = resultsMarkdown(results, scorer);
  await writeFile(path.join(out, 'results.json'), resultsJson(results));
  await writeFile(path.join(out, 'results.md'), markdown);
  process.stdout.write(`\n${markdown}\n`);
}

interface Plan {
  readonly row: RowPlan;
  readonly learned: LearnedRow;
}

/** The rows that can be drawn, and the names of those whose training is missing. */
async function knownPlans(
  { rows, sweeps, trained }: Options,
  manifest: PackManifest,
): Promise<{ readonly plans: readonly Plan[]; readonly missing: readonly string[] }> {
  const plans: Plan[] = [];
  const missing: string[] = [];
  for (const row of sweeps ? [...rows, ...SWEEP_ROWS] : rows) {
    const learned = await learnedOf(row, trained, manifest);
    if (learned === undefined) missing.push(row.name);
    else plans.push({ row, learned });
  }
  return { plans, missing };
}

async function runPainted(
  { row, learned }: Plan,
  run: (name: string, paint: Paint) => Promise<void>,
  options: Omit<Parameters<typeof createPainter>[0], 'row' | 'learned'>,
): Promise<void> {
  const painter = await createPainter({ ...options, row, learned });
  try {
    await run(row.name, (one, truth) => painter.paint(one, truth));
  } finally {
    await painter.dispose();
  }
}

runCommand({ usage: USAGE, options: OPTIONS, schema: Arguments, run: relationbench });
