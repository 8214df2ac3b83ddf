/**
 * npm run pack -- --checkpoint FOLDER --out FOLDER [--precision q8] [--describe pack-description.json]
 *
 * Makes a pack from a model in the official layouts. The description file holds the manifest's id, title,
 * description, limits, licence and defaults.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { packCheckpoint, type RelationLoraFacts } from '../gpu/packing/pack-checkpoint.ts';
import { createNodeRuntime } from '../gpu/runtime/node-runtime.ts';
import { relationOf } from '../scenes/index.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import { createFolderStore } from '../weights/node-store.ts';
import { packManifestSchema } from '../weights/pack-manifest.ts';
import { type Precision, PRECISIONS } from '../weights/pack-writer.ts';
import { diskCheckpoint } from './node-checkpoint.ts';

const descriptionSchema = packManifestSchema.unwrap().pick({
  id: true,
  title: true,
  description: true,
  limits: true,
  licence: true,
  defaults: true,
});

/** The data engine knows the relations that RelationLoRAs of the toy world are trained for. */
function describeRelationLora(name: string): RelationLoraFacts {
  const relation = relationOf(name);
  return {
    id: name,
    title: relation.label,
    description: `Trained on rendered scenes of "${relation.label}".`,
    predicates: [...new Set(relation.wordings.map(({ predicate }) => predicate))],
    objects: relation.kind === 'pair' ? 2 : 1,
  };
}

function parsePrecision(text: string): Precision {
  const precision = PRECISIONS.find((known) => known === text);
  if (precision !== undefined) return precision;
  throw new AppError('bad-request', `--precision ${text}: expected one of ${PRECISIONS.join(', ')}.`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      checkpoint: { type: 'string' },
      out: { type: 'string' },
      precision: { type: 'string', default: 'q8' },
      describe: { type: 'string' },
    },
  });
  const { checkpoint, out, describe } = values;
  if (checkpoint === undefined || out === undefined || describe === undefined) {
    throw new AppError(
      'bad-request',
      'Usage: npm run pack -- --checkpoint FOLDER --out FOLDER --describe FILE [--precision q8]',
    );
  }
  const description = descriptionSchema.parse(JSON.parse(await readFile(describe, 'utf8')));
  const runtime = createNodeRuntime();
  const bar = new SingleBar({
    format: '{bar} {component} {value}/{total}',
    stopOnComplete: false,
    noTTYOutput: false,
  });
  bar.start(1, 0, { component: '' });
  const manifest = await packCheckpoint(diskCheckpoint(checkpoint), createFolderStore(out), {
    precision: parsePrecision(values.precision),
    description,
    describeLora: describeRelationLora,
    runtime,
    onProgress(component, done, total) {
      bar.setTotal(total);
      bar.update(done, { component });
    },
  });
  bar.stop();
  await runtime.dispose();
  const bytes = Object.values(manifest.components).flatMap(({ shards }) =>
    shards.map(({ byteLength }) => byteLength),
  );
  const megabytes = bytes.reduce((sum, size) => sum + size, 0) / 1e6;
  console.log(
    `${out}: ${megabytes.toFixed(1)} MB of weights, ${manifest.relationLoras.length} RelationLoRAs`,
  );
}

try {
  await main();
} catch (thrown) {
  console.error(messageOf(thrown));
  process.exitCode = 1;
}
