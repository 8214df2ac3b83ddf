import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SingleBar } from 'cli-progress';
import { z } from 'zod';
import { type Engine, openEngine } from '../gpu/pipeline/engine.ts';
import { createNodeRuntime } from '../gpu/runtime/node-runtime.ts';
import { rgbaImage, type RgbaImage } from '../images/rgba-image.ts';
import { composeScene, type RenderedScene, renderScene, type Scene } from '../scenes/index.ts';
import { createNodeCanvasFactory } from '../scenes/node-canvas.ts';
import { SAMPLERS } from '../shared/request.ts';
import { fewStepUse } from '../weights/few-step.ts';
import { createFolderStore } from '../weights/node-store.ts';
import { openPack } from '../weights/pack-reader.ts';
import { runCommand } from './command.ts';
import { photoOf, scenePhotos, sceneRequest } from './scene-request.ts';
import { createSheet } from './sheet.ts';

const USAGE = `Draws held-out cases of the toy world with a pack: photos, picture, and the data engine's truth.

  npm run contact-sheet -- --out SHEET.jpg [--pack public/models/toybox] [--cases 24] [--seed 900000] [--steps 20]
                           [--sampler euler-ancestral] [--few-steps]

The cases go through the pack's relations in turn; identities are never those of training. What is drawn
is what the engine gives at the first seed: nothing is chosen. --few-steps draws with the pack's few-step LoRA.
`;

const OPTIONS = {
  out: { type: 'string' },
  pack: { type: 'string' },
  cases: { type: 'string' },
  seed: { type: 'string' },
  steps: { type: 'string' },
  sampler: { type: 'string' },
  'few-steps': { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

const positive = z.coerce.number().int().positive();
const Arguments = z.object({
  out: z.string({ error: 'Name the sheet to write with --out.' }),
  pack: z.string().default('public/models/toybox'),
  cases: positive.default(24),
  seed: z.coerce.number().int().nonnegative().default(900_000),
  steps: positive.optional(),
  sampler: z.enum(SAMPLERS).optional(),
  'few-steps': z.boolean().default(false),
});
type Options = z.output<typeof Arguments>;

const SIDE = 256;

const canvases = createNodeCanvasFactory();

async function draw(
  engine: Engine,
  scene: Scene,
  truth: RenderedScene,
  options: Options,
): Promise<RgbaImage> {
  const lora = engine.manifest.relationLoras.find((entry) => entry.id === scene.relation);
  const quick = options['few-steps'] ? fewStepUse(engine.manifest) : { loras: [], settings: {} };
  const request = sceneRequest(engine.manifest, scene, truth, {
    prompt: scene.captions.relation[0] ?? '',
    seed: scene.seed,
    loras: [...(lora === undefined ? [] : [lora.id]), ...quick.loras],
    steps: options.steps,
    sampler: options.sampler,
    ...quick.settings,
  });
  const { width, height, pixels } = await engine.generate(request, { loadPhoto: scenePhotos(scene) });
  return rgbaImage(width, height, pixels);
}

async function main(options: Options): Promise<void> {
  const runtime = createNodeRuntime();
  const engine = await openEngine({ runtime, pack: await openPack(createFolderStore(options.pack)) });
  const relations = engine.manifest.relationLoras.map(({ id }) => id);
  const sheet = createSheet(options.cases, SIDE);
  const bar = new SingleBar({ format: '{bar} {value}/{total} pictures' });
  bar.start(options.cases, 0);
  for (let index = 0; index < options.cases; index += 1) {
    const chosen = relations[index % Math.max(relations.length, 1)] ?? 'none';
    const scene = composeScene({ seed: options.seed + index, split: 'heldout', relations: [chosen] });
    const truth = renderScene(canvases, scene, SIDE);
    sheet.paste(index, {
      photos: scene.objects.map(photoOf),
      picture: await draw(engine, scene, truth, options),
      truth: rgbaImage(SIDE, SIDE, truth.pixels),
      words: scene.captions.relation[0] ?? '',
    });
    bar.update(index + 1);
  }
  bar.stop();
  await engine.dispose();
  await runtime.dispose();
  await mkdir(dirname(options.out), { recursive: true });
  await writeFile(options.out, sheet.canvas.toBuffer('image/jpeg', 88));
}

runCommand({ usage: USAGE, options: OPTIONS, schema: Arguments, run: main });
