import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SingleBar } from 'cli-progress';
import { z } from 'zod';
import { describeLoraFolder } from '../gpu/packing/describe-lora.ts';
import { installPack } from '../gpu/packing/install-pack.ts';
import { planPack, type RelationLoraFacts } from '../gpu/packing/plan-pack.ts';
import { createNodeRuntime } from '../gpu/runtime/node-runtime.ts';
import { RELATIONS } from '../scenes/index.ts';
import { fewStepDefaults } from '../weights/few-step.ts';
import { withFolderLock } from '../weights/node-lock.ts';
import { createFolderStore } from '../weights/node-store.ts';
import { COMPONENTS, PRECISIONS } from '../weights/pack-manifest.ts';
import type { CheckpointFolder } from '../weights/types.ts';
import { openConvertThreads } from './convert-threads.ts';
import { runCommand } from './command.ts';
import { readDescription } from './description-file.ts';
import { openLoraToMerge, openPackCheckpoint, openSafetensorsSource } from './checkpoint-sources.ts';

const USAGE = `Makes a pack that the app can run from a model in the official layouts.

  npm run pack -- --official --out FOLDER [--precision ${PRECISIONS.join('|')}]
  npm run pack -- --checkpoint SOURCE --out FOLDER --describe FILE [--precision …] [--except NETWORK=PRECISION,…]
                  [--vae SOURCE] [--image-encoder SOURCE] [--local-encoder SOURCE] [--adapter SOURCE]
                  [--single-file FILE] [--merge-lora FILE[=WEIGHT]]…

A source is a folder, an address (https://…) with the same layout below it, or a repository of the model hub:
hub:OWNER/NAME, hub:OWNER/NAME@REVISION, hub:OWNER/NAME@REVISION/FOLDER.
--official takes SDXL and MS-Diffusion from their own repositories (about 12 GB are read, 4 GB stored at q4).
The checkpoint is a diffusers folder of the SDXL family with image_encoder/, ms_adapter (.safetensors or .bin), and
optionally adapter_config.json, local_encoder/ and relation-loras/<id>/pytorch_lora_weights.safetensors; parts
that lie elsewhere are named by the options after it. --single-file takes U-Net, text encoders and VAE from a
whole-SDXL .safetensors with the original names; configurations and tokenizers still come from the checkpoint.
--merge-lora adds a LoRA to the weights before they are quantized, convolutions included, and may be repeated. Of a
few-step LoRA (LCM, Lightning) its sampler, steps and guidance become the pack's. Both options take a file on disk, an
address, or hub:OWNER/NAME/PATH.safetensors.
The description is a JSON file with the pack's id, title, description, limits, licence and defaults.
--except stores some networks otherwise, for example resampler=q4; there are ${COMPONENTS.join(', ')}.
Repositories that ask for an agreement are read with the token in HF_TOKEN, which is stored nowhere.
A run that was cut off goes on when the same command is given again. A folder's README.md, its model card, is copied.
`;

const OPTIONS = {
  official: { type: 'boolean' },
  checkpoint: { type: 'string' },
  vae: { type: 'string' },
  'image-encoder': { type: 'string' },
  'local-encoder': { type: 'string' },
  adapter: { type: 'string' },
  'single-file': { type: 'string' },
  'merge-lora': { type: 'string', multiple: true },
  out: { type: 'string' },
  precision: { type: 'string' },
  describe: { type: 'string' },
  except: { type: 'string' },
  help: { type: 'boolean' },
} as const;

const source = z.string().min(1).optional();
const Arguments = z
  .object({
    official: z.boolean().default(false),
    checkpoint: source,
    vae: source,
    'image-encoder': source,
    'local-encoder': source,
    adapter: source,
    'single-file': source,
    'merge-lora': z.array(z.string().min(1)).default([]),
    out: z.string().min(1),
    precision: z.enum(PRECISIONS).default('q8'),
    describe: source,
    except: z
      .string()
      .transform((text): Record<string, string> =>
        Object.fromEntries(
          text
            .split(',')
            .map((item): [string, string] => [item.split('=')[0] ?? '', item.split('=')[1] ?? '']),
        ),
      )
      .pipe(z.partialRecord(z.enum(COMPONENTS), z.enum(PRECISIONS)))
      .default({}),
  })
  .refine(
    ({ official, checkpoint, describe }) => official || (checkpoint !== undefined && describe !== undefined),
    {
      error: 'give --official, or --checkpoint and --describe',
    },
  );
type Options = z.infer<typeof Arguments>;

/** The data engine describes the relations it draws; of others only the folder's name is known. */
function describeRelationLora(name: string): RelationLoraFacts {
  const relation = RELATIONS.find(({ id }) => id === name);
  if (relation === undefined) return describeLoraFolder(name);
  return {
    id: name,
    title: relation.label,
    description: `Trained on rendered scenes of "${relation.label}".`,
    predicates: [...new Set(relation.wordings.map(({ predicate }) => predicate))],
    objects: relation.kind === 'pair' ? 2 : 1,
  };
}

async function copyModelCard(checkpoint: CheckpointFolder, out: string): Promise<void> {
  const card = await checkpoint.open('README.md');
  if (card !== undefined) await writeFile(path.join(out, 'README.md'), await card.read(0, card.byteLength));
}

async function pack(options: Options): Promise<void> {
  const { out, precision, describe, except } = options;
  const description = await readDescription(describe);
  const checkpoint = await openPackCheckpoint({
    base: options.checkpoint,
    vae: options.vae,
    image_encoder: options['image-encoder'],
    local_encoder: options['local-encoder'],
    ms_adapter: options.adapter,
  });
  const file = options['single-file'];
  const singleFile = file === undefined ? undefined : await openSafetensorsSource(file);
  const mergeLoras = await Promise.all(options['merge-lora'].map(openLoraToMerge));
  const runtime = createNodeRuntime();
  const converter = openConvertThreads();
  const bar = new SingleBar({ format: '{bar} {percentage} % {component}', stopOnComplete: false });
  bar.start(1, 0, { component: '' });
  try {
    const manifest = await withFolderLock(out, async () =>
      installPack(await planPack(checkpoint, { singleFile, mergeLoras }), createFolderStore(out), {
        precision,
        precisionOf: except,
        description: {
          ...description,
          defaults: {
            ...description.defaults,
            ...fewStepDefaults(mergeLoras.map(({ source }) => source.name)),
          },
        },
        describeLora: describeRelationLora,
        runtime,
        converter,
        onProgress({ component, doneBytes, totalBytes }) {
          bar.setTotal(totalBytes);
          bar.update(doneBytes, { component });
        },
      }),
    );
    bar.stop();
    await copyModelCard(checkpoint, out);
    const shards = Object.values(manifest.components).flatMap((component) => component.shards);
    const megabytes = shards.reduce((sum, { byteLength }) => sum + byteLength, 0) / 1e6;
    process.stderr.write(
      `${out}: ${megabytes.toFixed(1)} MB of weights, ${manifest.relationLoras.length} RelationLoRAs.\n`,
    );
  } finally {
    bar.stop();
    converter.dispose();
    await runtime.dispose();
  }
}

runCommand({ usage: USAGE, options: OPTIONS, schema: Arguments, run: pack });
