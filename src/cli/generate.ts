import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import { z } from 'zod';
import { openEngine } from '../gpu/pipeline/engine.ts';
import type { Dump } from '../gpu/pipeline/stage-context.ts';
import { createNodeRuntime } from '../gpu/runtime/node-runtime.ts';
import { AppError } from '../shared/errors.ts';
import { embedSettings } from '../shared/png-metadata.ts';
import { decodeNpy, encodeNpy } from '../weights/npy.ts';
import { PRECISIONS } from '../weights/pack-manifest.ts';
import { runCommand } from './command.ts';
import { decodeImage, encodePng } from './node-images.ts';
import { openPackSource, type PackSource, servedPack } from './pack-source.ts';
import { loadRequest, parseRequestJson, type RequestJson, requestSources } from './request-file.ts';

const USAGE = `Draws one picture from a request file.

  npm run generate -- REQUEST.json --out PICTURE.png [--pack DIR | --checkpoint DIR --precision q8] [--threads N]
                      [--initial-latents X.npy] [--dump-latents OUT.npy] [--dump-stages DIR] [--report REPORT.json]

The request is what the app saves inside its pictures; what it leaves out comes from the pack's defaults.
Photos and LoRA files are named by paths relative to the request file. A LoRA may change any linear layer of the
U-Net; one with convolutions is merged when a pack is made (npm run pack, --merge-lora). Without --pack the folder is
public/models/ and the request's "pack". --checkpoint takes a model in the official layouts and converts it
in memory to a precision of ${PRECISIONS.join(', ')}; a request names one, and parts that lie elsewhere, by "base",
"adapter", "imageEncoder", "localEncoder" and "vae" instead of "pack": folders, addresses, or hub:OWNER/NAME.
--initial-latents is unit noise [1,C,h,w], scaled by the sampler.
--dump-latents writes the latents after the last step, --dump-stages every stage's tensors and each step's latents.
`;

const NOT_USED =
  'are of no layer of the U-Net or the text encoders (embeddings, words of its own) and have no effect.';

const OPTIONS = {
  out: { type: 'string' },
  pack: { type: 'string' },
  checkpoint: { type: 'string' },
  precision: { type: 'string' },
  threads: { type: 'string' },
  'initial-latents': { type: 'string' },
  'dump-latents': { type: 'string' },
  'dump-stages': { type: 'string' },
  report: { type: 'string' },
  help: { type: 'boolean' },
} as const;

const argumentsSchema = z.object({
  request: z.string({ error: 'Name a request file.' }),
  out: z.string({ error: 'Name the picture to write with --out.' }),
  pack: z.string().optional(),
  checkpoint: z.string().optional(),
  precision: z.enum(PRECISIONS).optional(),
  threads: z.coerce.number().int().nonnegative().default(0),
  'initial-latents': z.string().optional(),
  'dump-latents': z.string().optional(),
  'dump-stages': z.string().optional(),
  report: z.string().optional(),
});
type Arguments = z.output<typeof argumentsSchema>;

async function writeTo(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

async function readNoise(path: string): Promise<Float32Array> {
  const array = decodeNpy(new Uint8Array(await readFile(path)));
  if (array.dtype === 'f4') return array.data;
  throw new AppError('bad-request', `${path} holds ${array.dtype}; initial latents are float32 (f4).`);
}

interface Dumped {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Keeps tensors by name; a name that comes again (two objects, two prompts) is counted: "name", "name.1", … */
function collectDumps(): { readonly dumps: ReadonlyMap<string, Dumped>; readonly onDump: Dump } {
  const dumps = new Map<string, Dumped>();
  const seen = new Map<string, number>();
  return {
    dumps,
    onDump(name, shape, data) {
      const times = seen.get(name) ?? 0;
      seen.set(name, times + 1);
      dumps.set(times === 0 ? name : `${name}.${times}`, { shape, data: Float32Array.from(data) });
    },
  };
}

function packSource(
  { pack, checkpoint, precision }: Arguments,
  json: RequestJson,
  folder: string,
): PackSource {
  const sources = checkpoint === undefined ? requestSources(json, folder) : { base: checkpoint };
  if (pack === undefined && sources !== undefined) {
    return { kind: 'checkpoint', sources, precision: precision ?? 'fp32' };
  }
  if (precision !== undefined) {
    throw new AppError(
      'bad-request',
      'A pack has its precision already. Use --precision with --checkpoint or a request that names a "base", or make a pack with npm run pack.',
    );
  }
  return pack === undefined ? servedPack(json.pack) : { kind: 'pack', folder: pack };
}

/** The process's highest memory use until the end of each stage, in bytes. */
function watchMemory(): { readonly peaks: Readonly<Record<string, number>>; enter(stage: string): void } {
  const peaks: Record<string, number> = {};
  let current = 'opening';
  return {
    peaks,
    enter(stage) {
      peaks[current] = process.resourceUsage().maxRSS * 1024;
      current = stage;
    },
  };
}

async function generate(options: Arguments): Promise<void> {
  const requestPath = resolve(options.request);
  const json = parseRequestJson(await readFile(requestPath, 'utf8'));
  const { dumps, onDump } = collectDumps();
  const memory = watchMemory();
  const runtime = createNodeRuntime({ threads: options.threads });
  const folder = dirname(requestPath);
  const pack = await openPackSource(packSource(options, json, folder), json.pack, runtime);
  const { request, photos, loras } = await loadRequest(json, pack.manifest, folder);
  const engine = await openEngine({ runtime, pack, onDump });
  const bar = new SingleBar({ format: '{bar} {value}/{total} {stage}', clearOnComplete: true });
  try {
    for (const [id, bytes] of loras) {
      const { ignoredKeys } = await engine.installLora(id, bytes);
      if (ignoredKeys > 0) process.stderr.write(`${id}: ${ignoredKeys} tensors ${NOT_USED}\n`);
    }
    bar.start(request.steps, 0, { stage: 'reading the request' });
    const result = await engine.generate(request, {
      initialNoise:
        options['initial-latents'] === undefined ? undefined : await readNoise(options['initial-latents']),
      loadPhoto: (image) => decodeImage(photos.get(image) ?? new Uint8Array(), image),
      onProgress(progress) {
        memory.enter(progress.stage);
        const done = progress.stage === 'drawing' ? Math.max(0, progress.step - 1) : undefined;
        if (progress.stage === 'developing') bar.update(request.steps, { stage: 'developing the picture' });
        else if (done === undefined) bar.update({ stage: `understanding the ${progress.stage}` });
        else bar.update(done, { stage: 'drawing' });
      },
    });
    memory.enter('done');
    bar.stop();
    const png = encodePng({ width: result.width, height: result.height, data: result.pixels });
    await writeTo(options.out, embedSettings(png, request, pack.manifest.title));
    await writeDumps(options, dumps, request.steps);
    const { timings, cutTexts, device } = result;
    for (const { field, index, text } of cutTexts) {
      process.stderr.write(`Too long, left out of ${field} ${index + 1}: ${text}\n`);
    }
    if (options.report !== undefined) {
      const report = {
        request,
        pack: pack.manifest.id,
        device,
        timings,
        cutTexts,
        peakRssBytes: memory.peaks,
      };
      await writeTo(options.report, `${JSON.stringify(report, null, 2)}\n`);
    }
    process.stderr.write(
      `${options.out}: ${(timings.total / 1000).toFixed(1)} s, of which drawing ${(timings.drawing / 1000).toFixed(1)} s.\n`,
    );
  } finally {
    bar.stop();
    await engine.dispose();
    await runtime.dispose();
  }
}

async function writeDumps(
  options: Arguments,
  dumps: ReadonlyMap<string, Dumped>,
  steps: number,
): Promise<void> {
  const latents = dumps.get(`latents.${steps}`);
  if (options['dump-latents'] !== undefined && latents !== undefined) {
    await writeTo(options['dump-latents'], encodeNpy('f4', latents.shape, latents.data));
  }
  const folder = options['dump-stages'];
  if (folder === undefined) return;
  for (const [name, { shape, data }] of dumps) {
    await writeTo(join(folder, `${name}.npy`), encodeNpy('f4', shape, data));
  }
}

runCommand({ usage: USAGE, options: OPTIONS, schema: argumentsSchema, positional: 'request', run: generate });
