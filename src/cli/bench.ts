/**
 * npm run bench -- [--pack FOLDER] [--provider wasm|cpu] [--threads 2] [--runs 20] [--width 256] [--height 256]
 *                  [--python python3 | --no-plain] [--out .cache/bench/report.json]
 * npm run bench -- --full-size [--threads 2] [--out .cache/bench/full-size.json]
 * npm run bench -- --convolutions [--threads 2] [--out .cache/bench/convolutions.json]
 * npm run bench -- --quantization --checkpoint FOLDER [--describe FILE] [--width W --height H] [--pictures 2] [--threads 2]
 *                  [--out .cache/bench/quantization.json]
 *
 * Times one guided U-Net step of a pack: the engine's graph with its weights in every precision, with and
 * without LoRA inputs, beside the graph that `torch.onnx.export` makes of the same weights, in one process and
 * in turn. Prints Markdown tables and writes all numbers as JSON. `--full-size` makes random 4-bit weights of
 * SDXL's U-Net and runs one step at 1024 × 1024; `--convolutions` measures the memory of its 8-bit convolutions by
 * themselves. Both keep their weights in .cache/bench (1.5 and 1.7 GB). `--quantization` rounds the networks of a
 * checkpoint one after another, and all of them, and tells how far outputs and latents move; a pack will not do, since its
 * weights are rounded already.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { z } from 'zod';
import { parseVaeConfig } from '../gpu/networks/vae-decoder.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import { createFolderStore } from '../weights/node-store.ts';
import { openPack } from '../weights/pack-reader.ts';
import { compareSteps } from './bench/compare.ts';
import { fullSizeStep } from './bench/full-size.ts';
import { measureOutside } from './bench/outside-runtime.ts';
import { createStepCase } from './bench/step-case.ts';
import { convolutionMemory } from './bench/convolutions.ts';
import { quantizationErrors } from './bench/quantization.ts';
import { comparisonTables, quantizationTables } from './bench/tables.ts';
import { readDescription } from './description-file.ts';
import { diskCheckpoint } from './node-checkpoint.ts';

const CACHE = '.cache/bench';

const positive = z.coerce.number().int().positive();
const optionsSchema = z.object({
  pack: z.string().default('public/models/toybox'),
  provider: z.enum(['wasm', 'cpu']).default('wasm'),
  threads: positive.default(2),
  runs: positive.default(20),
  width: positive.optional(),
  height: positive.optional(),
  python: z.string().default('python3'),
  'no-plain': z.boolean().default(false),
  'full-size': z.boolean().default(false),
  convolutions: z.boolean().default(false),
  quantization: z.boolean().default(false),
  checkpoint: z.string().optional(),
  describe: z.string().optional(),
  pictures: positive.default(2),
  out: z.string().optional(),
});
type Options = z.output<typeof optionsSchema>;

function machine(): Readonly<Record<string, unknown>> {
  const [first] = cpus();
  return {
    processor: first?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
    system: `${process.platform} ${process.arch}`,
  };
}

async function writeReport(path: string, report: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\nAll numbers: ${path}`);
}

async function compare(options: Options): Promise<void> {
  const pack = await openPack(createFolderStore(options.pack));
  const { manifest, components } = pack;
  const [unet, crossAttention, vae] = [
    components.get('unet'),
    components.get('cross_attention'),
    components.get('vae'),
  ];
  if (unet === undefined || crossAttention === undefined || vae === undefined) {
    throw new AppError(
      'bad-pack',
      `The pack ${manifest.id} lacks its U-Net, cross-attention or VAE. Make it again.`,
    );
  }
  const { factor } = parseVaeConfig(vae.config);
  const size = {
    latentHeight: (options.height ?? manifest.defaults.height) / factor,
    latentWidth: (options.width ?? manifest.defaults.width) / factor,
  };
  const { provider, threads, runs } = options;
  const bar = new SingleBar({ format: '{bar} {value}/{total} rounds', clearOnComplete: true });
  const step = createStepCase(unet, size, factor);
  bar.start(runs, 0);
  const comparison = await compareSteps(pack, unet, crossAttention, step, {
    provider,
    threads,
    runs,
    cache: CACHE,
    python: options['no-plain'] ? undefined : options.python,
    onRun: (done) => {
      bar.update(done);
    },
  });
  bar.stop();
  const outside = await measureOutside(pack, { provider, threads });
  console.log(
    `${manifest.id}, latent ${size.latentWidth} × ${size.latentHeight}, ${provider}, ${threads} threads\n`,
  );
  console.log(comparisonTables(comparison, outside));
  await writeReport(options.out ?? join(CACHE, 'report.json'), {
    machine: machine(),
    pack: manifest.id,
    size,
    provider,
    threads,
    graphOptimizationLevel: 'all',
    ...comparison,
    outside,
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      pack: { type: 'string' },
      provider: { type: 'string' },
      threads: { type: 'string' },
      runs: { type: 'string' },
      width: { type: 'string' },
      height: { type: 'string' },
      python: { type: 'string' },
      'no-plain': { type: 'boolean' },
      'full-size': { type: 'boolean' },
      convolutions: { type: 'boolean' },
      quantization: { type: 'boolean' },
      checkpoint: { type: 'string' },
      describe: { type: 'string' },
      pictures: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const options = optionsSchema.parse(values);
  const { threads } = options;
  if (options['full-size']) await report(options, 'full-size', await fullSizeStep({ threads, cache: CACHE }));
  else if (options.convolutions)
    await report(options, 'convolutions', await convolutionMemory({ threads, cache: CACHE }));
  else if (options.quantization) await quantization(options);
  else await compare(options);
}

async function quantization(options: Options): Promise<void> {
  const { checkpoint, threads, pictures } = options;
  if (checkpoint === undefined) {
    throw new AppError(
      'bad-request',
      'Name the checkpoint whose weights are to be rounded with --checkpoint FOLDER.',
    );
  }
  const description = await readDescription(options.describe);
  const { defaults } = description;
  const size = { width: options.width ?? defaults.width, height: options.height ?? defaults.height };
  const bar = new SingleBar({ format: '{bar} {value}/{total} roundings', clearOnComplete: true });
  bar.start(1, 0);
  const measured = await quantizationErrors(diskCheckpoint(checkpoint), {
    description: { ...description, defaults: { ...defaults, ...size } },
    threads,
    pictures,
    onCase(done, total) {
      bar.setTotal(total);
      bar.update(done);
    },
  });
  bar.stop();
  console.log(quantizationTables(measured));
  await writeReport(options.out ?? join(CACHE, 'quantization.json'), {
    machine: machine(),
    checkpoint: basename(checkpoint),
    ...size,
    ...measured,
  });
}

async function report(options: Options, name: string, measured: object): Promise<void> {
  console.log(measured);
  await writeReport(options.out ?? join(CACHE, `${name}.json`), { machine: machine(), ...measured });
}

main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exitCode = 1;
});
