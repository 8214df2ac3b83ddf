import { cropImage, type PixelRect } from '../../images/crop.ts';
import { resizeBicubic } from '../../images/resize.ts';
import type { RgbaImage } from '../../images/rgba-image.ts';
import type { Box } from '../../shared/request.ts';
import { packComponent } from '../../weights/pack-writer.ts';
import { storedComponent } from '../../weights/pack-reader.ts';
import { createMemoryStore } from '../../weights/stores.ts';
import type { Checkpoint } from '../../weights/types.ts';
import { buildJudge, type JudgeConfig, judgeParameters, parseJudgeConfig } from '../networks/judge.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { floatTensor, readFloats } from './tensors.ts';

/** What a judge says to one picture. */
export interface JudgeAnswer {
  /** Logits of every question, in the order of the config's labels. */
  readonly logits: ReadonlyMap<string, Float32Array>;
  /** Positions (x, y) in 0..1 of the whole picture. */
  readonly places: readonly (readonly [number, number])[];
}

export interface Judge {
  readonly config: JudgeConfig;
  /** Looks at a whole opaque picture, or at the neighbourhood of a box in it. */
  ask(picture: RgbaImage, box?: Box): Promise<JudgeAnswer>;
  dispose(): Promise<void>;
}

export interface JudgeOptions {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: Checkpoint;
  readonly runtime: Runtime;
}

/** Loads a judge of `training/judges`. Throws AppError 'bad-checkpoint' if weights and config do not fit. */
export async function openJudge({ name, config: raw, weights, runtime }: JudgeOptions): Promise<Judge> {
  const config = parseJudgeConfig(raw);
  const store = createMemoryStore(name);
  const packed = await packComponent(
    {
      name,
      config: raw,
      parameters: judgeParameters(config),
      tensors: weights.tensors,
      precision: 'fp32',
      source: weights.name,
    },
    store,
  );
  const model = buildJudge(config, storedComponent(name, packed), 1);
  const session = await runtime.createSession(model, (shard) => store.readFile(shard));
  return {
    config,
    async ask(picture, box) {
      const rect = box === undefined ? wholeOf(picture) : neighbourhood(picture, box, config.margin);
      const seen = resizeBicubic(cropImage(picture, rect), config.side, config.side);
      const pixels = judgePixels(seen, config.in_channels === 4 ? insideBox(picture, rect, box) : undefined);
      const outputs = await session.run({
        pixels: floatTensor([1, config.in_channels, config.side, config.side], pixels),
      });
      const logits = new Map<string, Float32Array>();
      for (const question of Object.keys(config.labels)) {
        logits.set(question, await readFloats(outputs[question], question));
      }
      const places = config.maps === 0 ? new Float32Array() : await readFloats(outputs['places'], 'places');
      return { logits, places: inPicture(places, rect, picture) };
    },
    dispose: () => session.dispose(),
  };
}

function wholeOf({ width, height }: RgbaImage): PixelRect {
  return { x0: 0, y0: 0, x1: width, y1: height };
}

/** The box and a margin of its size, in whole pixels, as far as the picture reaches; as in training. */
export function neighbourhood({ width, height }: RgbaImage, box: Box, margin: number): PixelRect {
  const [x0, y0, x1, y1] = box;
  const [dx, dy] = [margin * (x1 - x0), margin * (y1 - y0)];
  return {
    x0: Math.floor(Math.max(0, x0 - dx) * width),
    y0: Math.floor(Math.max(0, y0 - dy) * height),
    x1: Math.ceil(Math.min(1, x1 + dx) * width),
    y1: Math.ceil(Math.min(1, y1 + dy) * height),
  };
}

/** Whether a place of the crop (x, y in 0..1 of it) lies in the box. */
function insideBox(
  { width, height }: RgbaImage,
  rect: PixelRect,
  box: Box | undefined,
): (x: number, y: number) => boolean {
  const [x0, y0, x1, y1] = box ?? [0, 0, 1, 1];
  return (x, y) => {
    const px = rect.x0 + x * (rect.x1 - rect.x0);
    const py = rect.y0 + y * (rect.y1 - rect.y0);
    return px >= x0 * width && px < x1 * width && py >= y0 * height && py < y1 * height;
  };
}

/** [3 or 4, S, S]: colours in −1..1, then 1 where the pixel's centre is inside the box. */
function judgePixels(
  { width, height, data }: RgbaImage,
  inside: ((x: number, y: number) => boolean) | undefined,
): Float32Array {
  const plane = width * height;
  const pixels = new Float32Array((inside === undefined ? 3 : 4) * plane);
  for (let index = 0; index < plane; index += 1) {
    for (let color = 0; color < 3; color += 1) {
      pixels[color * plane + index] = (data[4 * index + color] ?? 0) / 127.5 - 1;
    }
    const [x, y] = [((index % width) + 0.5) / width, (Math.floor(index / width) + 0.5) / height];
    if (inside?.(x, y) === true) pixels[3 * plane + index] = 1;
  }
  return pixels;
}

function inPicture(
  places: Float32Array,
  rect: PixelRect,
  { width, height }: RgbaImage,
): readonly (readonly [number, number])[] {
  return Array.from({ length: places.length / 2 }, (_, index) => [
    (rect.x0 + (places[2 * index] ?? 0) * (rect.x1 - rect.x0)) / width,
    (rect.y0 + (places[2 * index + 1] ?? 0) * (rect.y1 - rect.y0)) / height,
  ]);
}
