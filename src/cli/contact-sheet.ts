import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { createCanvas, ImageData } from '@napi-rs/canvas';
import { SingleBar } from 'cli-progress';
import { z } from 'zod';
import { type Engine, openEngine } from '../gpu/pipeline/engine.ts';
import { createNodeRuntime } from '../gpu/runtime/node-runtime.ts';
import { rgbaImage, type RgbaImage } from '../images/rgba-image.ts';
import {
  composeScene,
  type RenderedScene,
  renderPhoto,
  renderScene,
  type Scene,
  type SceneObject,
} from '../scenes/index.ts';
import { createNodeCanvasFactory } from '../scenes/node-canvas.ts';
import { messageOf } from '../shared/errors.ts';
import { requestSchema } from '../shared/request.ts';
import { createFolderStore } from '../weights/node-store.ts';
import { openPack } from '../weights/pack-reader.ts';

const USAGE = `Draws held-out cases of the toy world with a pack: photos, picture, and the data engine's truth.

  npm run contact-sheet -- --out SHEET.jpg [--pack public/models/toybox] [--cases 24] [--seed 900000] [--steps 20]

The cases go through the pack's relations in turn; identities are never those of training. What is drawn
is what the engine gives at the first seed: nothing is chosen.
`;

const OPTIONS = {
  out: { type: 'string' },
  pack: { type: 'string' },
  cases: { type: 'string' },
  seed: { type: 'string' },
  steps: { type: 'string' },
  help: { type: 'boolean' },
} as const;

const positive = z.coerce.number().int().positive();
const Arguments = z.object({
  out: z.string({ error: 'Name the sheet to write with --out.' }),
  pack: z.string().default('public/models/toybox'),
  cases: positive.default(24),
  seed: z.coerce.number().int().nonnegative().default(900_000),
  steps: positive.optional(),
});
type Options = z.output<typeof Arguments>;

const COLUMNS = 4;
const SIDE = 256;
const PHOTO_SIDE = SIDE / 2;
const GAP = 8;
const TEXT_HEIGHT = 26;
const CELL_WIDTH = PHOTO_SIDE + 2 * SIDE + 2 * GAP;
const CELL_HEIGHT = SIDE + TEXT_HEIGHT + GAP;
/** Photos as a person's files would be; the engine resizes them itself. */
const PHOTO_SIZE = 320;

const canvases = createNodeCanvasFactory();

function photoOf(object: SceneObject): RgbaImage {
  const { pixels, size } = renderPhoto(canvases, object.identity, object.photoSeed, PHOTO_SIZE);
  return rgbaImage(size, size, pixels);
}

/** The engine remembers photos by name, so each has its own. */
function photoName(scene: Scene, index: number): string {
  return `scene ${scene.seed}, object ${index}`;
}

async function draw(
  engine: Engine,
  scene: Scene,
  truth: RenderedScene,
  options: Options,
): Promise<RgbaImage> {
  const { defaults, id, relationLoras } = engine.manifest;
  const lora = relationLoras.find((entry) => entry.id === scene.relation);
  const request = requestSchema.parse({
    ...defaults,
    ...(options.steps === undefined ? {} : { steps: options.steps }),
    pack: id,
    prompt: scene.captions.relation[0],
    objects: scene.objects.map((object, index) => ({
      image: photoName(scene, index),
      phrase: object.phrase,
      box: truth.objects[index]?.box,
    })),
    relation: lora === undefined ? [] : [{ lora: lora.id, weight: 1 }],
    seed: scene.seed,
  });
  const photos = new Map(scene.objects.map((object, index) => [photoName(scene, index), photoOf(object)]));
  const { width, height, pixels } = await engine.generate(request, {
    loadPhoto: (name) => {
      const photo = photos.get(name);
      return photo === undefined ? Promise.reject(new RangeError(`No ${name}.`)) : Promise.resolve(photo);
    },
  });
  return rgbaImage(width, height, pixels);
}

async function main(options: Options): Promise<void> {
  const runtime = createNodeRuntime();
  const engine = await openEngine({ runtime, pack: await openPack(createFolderStore(options.pack)) });
  const relations = engine.manifest.relationLoras.map(({ id }) => id);
  const rows = Math.ceil(options.cases / COLUMNS);
  const sheet = createCanvas(COLUMNS * (CELL_WIDTH + GAP), rows * (CELL_HEIGHT + GAP));
  const context = sheet.getContext('2d');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, sheet.width, sheet.height);
  const paste = (image: RgbaImage, x: number, y: number, side: number): void => {
    const source = createCanvas(image.width, image.height);
    source
      .getContext('2d')
      .putImageData(new ImageData(Uint8ClampedArray.from(image.data), image.width, image.height), 0, 0);
    context.drawImage(source, x, y, side, side);
  };
  const bar = new SingleBar({ format: '{bar} {value}/{total} pictures' });
  bar.start(options.cases, 0);
  for (let index = 0; index < options.cases; index += 1) {
    const chosen = relations[index % Math.max(relations.length, 1)] ?? 'none';
    const scene = composeScene({ seed: options.seed + index, split: 'heldout', relations: [chosen] });
    const truth = renderScene(canvases, scene, SIDE);
    const picture = await draw(engine, scene, truth, options);
    const x = (index % COLUMNS) * (CELL_WIDTH + GAP);
    const y = Math.floor(index / COLUMNS) * (CELL_HEIGHT + GAP);
    for (const [row, object] of scene.objects.entries())
      paste(photoOf(object), x, y + row * PHOTO_SIDE, PHOTO_SIDE);
    paste(picture, x + PHOTO_SIDE + GAP, y, SIDE);
    paste(rgbaImage(SIDE, SIDE, truth.pixels), x + PHOTO_SIDE + SIDE + 2 * GAP, y, SIDE);
    context.fillStyle = '#222222';
    context.font = '15px sans-serif';
    context.fillText(scene.captions.relation[0] ?? '', x, y + SIDE + 18, CELL_WIDTH);
    bar.update(index + 1);
  }
  bar.stop();
  await engine.dispose();
  await runtime.dispose();
  await mkdir(dirname(options.out), { recursive: true });
  await writeFile(options.out, sheet.toBuffer('image/jpeg', 88));
}

try {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help === true) console.log(USAGE);
  else await main(Arguments.parse(values));
} catch (thrown) {
  console.error(thrown instanceof z.ZodError ? `${z.prettifyError(thrown)}\n\n${USAGE}` : messageOf(thrown));
  process.exitCode = 1;
}
