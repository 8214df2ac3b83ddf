import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Canvas, createCanvas, ImageData } from '@napi-rs/canvas';
import { z } from 'zod';
import { type BenchCase, benchCases } from '../evaluation/cases.ts';
import {
  type Agreement,
  agreementOf,
  type EyeLabel,
  type KnownLabels,
  parseEyeLabels,
} from '../evaluation/eye-labels.ts';
import { ATTRIBUTES, likeliest } from '../evaluation/readings.ts';
import { createNodeRuntime } from '../gpu/runtime/node-runtime.ts';
import { cropImage } from '../images/crop.ts';
import { type RgbaImage } from '../images/rgba-image.ts';
import { renderScene } from '../scenes/index.ts';
import { createNodeCanvasFactory } from '../scenes/node-canvas.ts';
import { AppError } from '../shared/errors.ts';
import { createRandom } from '../shared/random.ts';
import { boxSchema } from '../shared/request.ts';
import { runCommand } from './command.ts';
import { askCharacter, askRelation, type Judges, openJudges } from './node-judges.ts';
import { decodeImage } from './node-images.ts';

const USAGE = `Holds the benchmark's judges against labels that were given by eye.

  npm run eye-labels -- sheets --pictures out/relationbench --rows full,base [--folder tests/judges/eye]
  npm run eye-labels -- agreement [--folder tests/judges/eye]

"sheets" lays the pictures of two or more rows out in a mixed order, without prompt, photos or row: whoever labels them sees nothing
else. "agreement" asks the judges about the same sheets and prints how often they say what labels.txt says.
`;

const OPTIONS = {
  pictures: { type: 'string' },
  rows: { type: 'string' },
  folder: { type: 'string' },
  help: { type: 'boolean' },
} as const;

const Arguments = z.object({
  mode: z.enum(['sheets', 'agreement'], { error: 'Say "sheets" or "agreement".' }),
  pictures: z.string().default(path.join('out', 'relationbench')),
  rows: z.string().default('full,base'),
  folder: z.string().default(path.join('tests', 'judges', 'eye')),
});
type Options = z.output<typeof Arguments>;

const SIDE = 256;
const COLUMNS = 5;
const ON_A_SHEET = 20;
const JPEG_QUALITY = 90;
const MIXING_SEED = 1;

const pictureSchema = z.object({ row: z.string(), id: z.string(), boxes: z.array(boxSchema) });
type LaidOut = z.output<typeof pictureSchema>;

const canvases = createNodeCanvasFactory();

/** The objects' boxes, from left to right. */
function boxesOf({ scene }: BenchCase): LaidOut['boxes'] {
  const middle = ([x0, , x1]: LaidOut['boxes'][number]): number => x0 + x1;
  const { objects } = renderScene(canvases, scene, SIDE);
  return objects.map(({ box }) => box).toSorted((a, b) => middle(a) - middle(b));
}

function shuffled<Item>(items: readonly Item[]): readonly Item[] {
  const random = createRandom(MIXING_SEED);
  return items
    .map((item) => ({ item, place: random.next() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

const sheetName = (number: number): string => `sheet-${String(number).padStart(2, '0')}.jpg`;
/** Left and upper edge of a picture on its sheet. */
const placeOf = (index: number): readonly [x: number, y: number] => {
  const place = index % ON_A_SHEET;
  return [(place % COLUMNS) * SIDE, Math.floor(place / COLUMNS) * SIDE];
};

function paste(canvas: Canvas, { data }: RgbaImage, [x, y]: readonly [number, number]): void {
  canvas.getContext('2d').putImageData(new ImageData(Uint8ClampedArray.from(data), SIDE, SIDE), x, y);
}

async function makeSheets({ pictures, rows, folder }: Options): Promise<void> {
  const cases = benchCases({ full: false });
  const all = shuffled(
    rows.split(',').flatMap((row) => cases.map((one) => ({ row, id: one.id, boxes: boxesOf(one) }))),
  ).filter(({ row, id }) => existsSync(path.join(pictures, row, `${id}.png`)));
  if (all.length === 0) {
    throw new AppError(
      'bad-request',
      `${pictures} holds no pictures of ${rows}. Run npm run relationbench first.`,
    );
  }
  await mkdir(folder, { recursive: true });
  for (let first = 0; first < all.length; first += ON_A_SHEET) {
    const part = all.slice(first, first + ON_A_SHEET);
    const canvas = createCanvas(COLUMNS * SIDE, Math.ceil(part.length / COLUMNS) * SIDE);
    for (const [index, { row, id }] of part.entries()) {
      const file = path.join(pictures, row, `${id}.png`);
      paste(canvas, await decodeImage(new Uint8Array(await readFile(file)), file), placeOf(index));
    }
    const file = path.join(folder, sheetName(first / ON_A_SHEET));
    await writeFile(file, canvas.toBuffer('image/jpeg', JPEG_QUALITY));
  }
  const list = all.map((one) => JSON.stringify(one)).join(',\n ');
  await writeFile(path.join(folder, 'pictures.json'), `[\n ${list}\n]\n`);
  process.stdout.write(
    `${all.length} pictures on sheets in ${folder}. Write what they show to labels.txt there.\n`,
  );
}

async function readText(folder: string, name: string): Promise<string> {
  const file = path.join(folder, name);
  if (existsSync(file)) return readFile(file, 'utf8');
  throw new AppError(
    'bad-request',
    `There is no ${file}. "sheets" makes the list; labels.txt is written by hand.`,
  );
}

function knownLabels({ relation, character }: Judges): KnownLabels {
  const of = (labels: Readonly<Record<string, readonly string[]>>, name: string): readonly string[] =>
    labels[name] ?? [];
  const { labels } = character.config;
  return {
    relation: of(relation.config.labels, 'relation'),
    species: of(labels, 'species'),
    main: of(labels, 'main'),
    pattern: of(labels, 'pattern'),
    accessory: of(labels, 'accessory'),
  };
}

/** Pairs of [eye, judge] by question. */
type Pairs = Record<keyof KnownLabels, [string | null, string][]>;

async function compare(
  judges: Judges,
  picture: RgbaImage,
  { boxes }: LaidOut,
  seen: EyeLabel,
  pairs: Pairs,
): Promise<void> {
  pairs.relation.push([seen.relation, await askRelation(judges, picture)]);
  for (const [index, box] of boxes.entries()) {
    const { attributes } = await askCharacter(judges, picture, box);
    for (const name of ATTRIBUTES) {
      pairs[name].push([seen.objects[index]?.[name] ?? null, likeliest(attributes[name])]);
    }
  }
}

function line(name: string, { told, untold, equal, interval }: Agreement): string {
  const percent = (share: number): string => (100 * share).toFixed(1);
  return `| ${name} | ${told} | ${untold} | ${percent(told === 0 ? 0 : equal / told)} | ${interval.map(percent).join('–')} |`;
}

async function tellAgreement({ folder }: Options): Promise<void> {
  const runtime = createNodeRuntime();
  const judges = await openJudges(runtime);
  const list = z.array(pictureSchema).parse(JSON.parse(await readText(folder, 'pictures.json')));
  const labels = parseEyeLabels(await readText(folder, 'labels.txt'), knownLabels(judges));
  const pairs: Pairs = { relation: [], species: [], main: [], pattern: [], accessory: [] };
  for (let first = 0; first < list.length; first += ON_A_SHEET) {
    const file = path.join(folder, sheetName(first / ON_A_SHEET));
    const sheet = await decodeImage(new Uint8Array(await readFile(file)), file);
    for (const [index, one] of list.slice(first, first + ON_A_SHEET).entries()) {
      const [x0, y0] = placeOf(index);
      const seen = labels.get(first + index);
      if (seen === undefined) continue;
      await compare(judges, cropImage(sheet, { x0, y0, x1: x0 + SIDE, y1: y0 + SIDE }), one, seen, pairs);
    }
  }
  await judges.dispose();
  await runtime.dispose();
  const rows = Object.entries(pairs).map(([name, each]) => line(name, agreementOf(each)));
  const head = [
    '| | told by eye | not to be told | judge agrees % | 95 % interval |',
    '| --- | ---: | ---: | ---: | --- |',
  ];
  process.stdout.write(`${labels.size} pictures labelled by eye.\n\n${[...head, ...rows].join('\n')}\n`);
}

async function main(options: Options): Promise<void> {
  await (options.mode === 'sheets' ? makeSheets(options) : tellAgreement(options));
}

runCommand({ usage: USAGE, options: OPTIONS, schema: Arguments, positional: 'mode', run: main });
