import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SingleBar } from 'cli-progress';
import { z } from 'zod';
import { createNodeCanvasFactory } from '../scenes/node-canvas.ts';
import { RELATIONS } from '../scenes/relations/index.ts';
import {
  datasetManifest,
  renderShard,
  shardCount,
  shardFileNames,
  type DatasetOptions,
} from '../scenes/shard.ts';
import { AppError } from '../shared/errors.ts';
import { runCommand } from './command.ts';

const USAGE = `Draws training scenes with reference photos, masks and captions.

  npm run render-dataset -- --out DIR --count N [--seed 0] [--size 256] [--photo 128] [--split train|heldout]
                            [--relations a,b] [--max-objects 2] [--shard 512]

Shards that are complete are kept: run the same command again to go on. Relations: none, ${RELATIONS.map((relation) => relation.id).join(', ')}.
`;

const RELATION_IDS: readonly string[] = ['none', ...RELATIONS.map((relation) => relation.id)];

const positive = z.coerce.number().int().positive();
const multipleOf8 = positive.refine((size) => size % 8 === 0, 'Expected a multiple of 8.');

const Arguments = z.object({
  out: z.string().min(1),
  count: positive,
  seed: z.coerce.number().int().nonnegative().default(0),
  size: multipleOf8.default(256),
  photo: multipleOf8.default(128),
  split: z.enum(['train', 'heldout']).default('train'),
  relations: z
    .string()
    .transform((list) => list.split(','))
    .pipe(
      z
        .array(
          z
            .string()
            .refine((id) => RELATION_IDS.includes(id), `Expected ids among: ${RELATION_IDS.join(', ')}.`),
        )
        .min(1),
    )
    .optional(),
  'max-objects': z.coerce.number().int().min(1).max(2).default(2),
  shard: positive.default(512),
});

const OPTIONS = {
  out: { type: 'string' },
  count: { type: 'string' },
  seed: { type: 'string' },
  size: { type: 'string' },
  photo: { type: 'string' },
  split: { type: 'string' },
  relations: { type: 'string' },
  'max-objects': { type: 'string' },
  shard: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/** A dataset folder belongs to one set of options: mixing two would be noticed only in training. */
async function writeManifest(out: string, manifest: string): Promise<void> {
  const path = join(out, 'dataset.json');
  if (existsSync(path) && (await readFile(path, 'utf8')) !== manifest) {
    throw new AppError(
      'bad-request',
      `Expected an empty folder or one made with the same options; ${out} was made with others. Choose another --out.`,
    );
  }
  await writeFile(path, manifest);
}

async function render(out: string, options: DatasetOptions): Promise<void> {
  await mkdir(out, { recursive: true });
  await writeManifest(out, datasetManifest(options, options.relations ?? RELATION_IDS));
  const canvas = createNodeCanvasFactory();
  const bar = new SingleBar({
    format: '{bar} {percentage}% {value}/{total} scenes, {eta_formatted} left',
    etaBuffer: 1000,
  });
  bar.start(options.count, 0);
  let drawn = 0;
  const started = performance.now();
  for (let shard = 0; shard < shardCount(options); shard += 1) {
    const scenes = Math.min(options.shardSize, options.count - shard * options.shardSize);
    if (shardFileNames(shard).every((name) => existsSync(join(out, name)))) {
      bar.increment(scenes);
      continue;
    }
    for (const { name, bytes } of renderShard(canvas, options, shard, () => {
      bar.increment();
    })) {
      const temporary = join(out, `${name}.partial`);
      await writeFile(temporary, bytes);
      await rename(temporary, join(out, name));
    }
    drawn += scenes;
  }
  bar.stop();
  const seconds = (performance.now() - started) / 1000;
  process.stderr.write(
    `${drawn} scenes drawn, ${options.count - drawn} kept, ${(drawn / Math.max(seconds, 1e-9)).toFixed(1)} scenes a second.\n`,
  );
}

runCommand({
  usage: USAGE,
  options: OPTIONS,
  schema: Arguments,
  run: ({ out, photo, shard, 'max-objects': maxObjects, relations, ...options }) =>
    render(out, { ...options, relations, photoSize: photo, maxObjects, shardSize: shard }),
});
