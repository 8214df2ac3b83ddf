import { copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { z } from 'zod';
import {
  packCheckpoint,
  type PackDescription,
  type RelationLoraFacts,
} from '../gpu/packing/pack-checkpoint.ts';
import { createNodeRuntime } from '../gpu/runtime/node-runtime.ts';
import { RELATIONS } from '../scenes/index.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import { createFolderStore } from '../weights/node-store.ts';
import { COMPONENTS, packManifestSchema } from '../weights/pack-manifest.ts';
import { PRECISIONS } from '../weights/pack-writer.ts';
import { diskCheckpoint } from './node-checkpoint.ts';

const descriptionSchema = packManifestSchema.unwrap().pick({
  id: true,
  title: true,
  description: true,
  limits: true,
  licence: true,
  defaults: true,
});

const USAGE = `Makes a pack that the app can run from a model in the official layouts.

  npm run pack -- --checkpoint FOLDER --out FOLDER --describe FILE [--precision ${PRECISIONS.join('|')}]
                  [--except NETWORK=PRECISION,…]

The checkpoint is a diffusers folder of the SDXL family with image_encoder/, ms_adapter.safetensors,
adapter_config.json and optionally local_encoder/ and relation-loras/<id>/pytorch_lora_weights.safetensors.
The description is a JSON file with the pack's id, title, description, limits, licence and defaults.
--except stores some networks otherwise, for example resampler=q4; there are ${COMPONENTS.join(', ')}.
The folder's README.md, its model card, is copied.
`;

const OPTIONS = {
  checkpoint: { type: 'string' },
  out: { type: 'string' },
  precision: { type: 'string' },
  describe: { type: 'string' },
  except: { type: 'string' },
  help: { type: 'boolean' },
} as const;

const Arguments = z.object({
  checkpoint: z.string().min(1),
  out: z.string().min(1),
  precision: z.enum(PRECISIONS).default('q8'),
  describe: z.string().min(1),
  except: z
    .string()
    .transform((text): Record<string, string> =>
      Object.fromEntries(
        text.split(',').map((item): [string, string] => [item.split('=')[0] ?? '', item.split('=')[1] ?? '']),
      ),
    )
    .pipe(z.partialRecord(z.enum(COMPONENTS), z.enum(PRECISIONS)))
    .default({}),
});

/** The data engine describes the relations it draws; of others only the folder's name is known. */
function describeRelationLora(name: string): RelationLoraFacts {
  const relation = RELATIONS.find(({ id }) => id === name);
  if (relation === undefined) {
    const title = name.replaceAll(/[-_]+/g, ' ');
    return {
      id: name.toLowerCase().replaceAll('_', '-'),
      title,
      description: '',
      predicates: [title],
      objects: 2,
    };
  }
  return {
    id: name,
    title: relation.label,
    description: `Trained on rendered scenes of "${relation.label}".`,
    predicates: [...new Set(relation.wordings.map(({ predicate }) => predicate))],
    objects: relation.kind === 'pair' ? 2 : 1,
  };
}

async function readDescription(file: string): Promise<PackDescription> {
  try {
    return descriptionSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (thrown) {
    const fault = thrown instanceof z.ZodError ? z.prettifyError(thrown) : messageOf(thrown);
    throw new AppError('bad-request', `${file} does not describe a pack. ${fault}`, { cause: thrown });
  }
}

async function copyModelCard(checkpoint: string, out: string): Promise<void> {
  const card = path.join(checkpoint, 'README.md');
  if ((await diskCheckpoint(checkpoint).open('README.md')) !== undefined) {
    await copyFile(card, path.join(out, 'README.md'));
  }
}

async function pack(options: z.infer<typeof Arguments>): Promise<void> {
  const { checkpoint, out, precision, describe, except } = options;
  const description = await readDescription(describe);
  const runtime = createNodeRuntime();
  const bar = new SingleBar({ format: '{bar} {component} {value}/{total}', stopOnComplete: false });
  bar.start(1, 0, { component: '' });
  try {
    const manifest = await packCheckpoint(diskCheckpoint(checkpoint), createFolderStore(out), {
      precision,
      precisionOf: except,
      description,
      describeLora: describeRelationLora,
      runtime,
      onProgress(component, done, total) {
        bar.setTotal(total);
        bar.update(done, { component });
      },
    });
    bar.stop();
    await copyModelCard(checkpoint, out);
    const shards = Object.values(manifest.components).flatMap((component) => component.shards);
    const megabytes = shards.reduce((sum, { byteLength }) => sum + byteLength, 0) / 1e6;
    process.stderr.write(
      `${out}: ${megabytes.toFixed(1)} MB of weights, ${manifest.relationLoras.length} RelationLoRAs.\n`,
    );
  } finally {
    bar.stop();
    await runtime.dispose();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const parsed = Arguments.safeParse(values);
  if (!parsed.success) throw new AppError('bad-request', `${z.prettifyError(parsed.error)}\n\n${USAGE}`);
  await pack(parsed.data);
}

main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
