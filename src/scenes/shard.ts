import { encodeNpy } from '../weights/npy.ts';
import { type CanvasFactory } from './canvas.ts';
import { composeScene } from './compose.ts';
import { type Split } from './identity.ts';
import { renderPhoto } from './photo.ts';
import { renderScene } from './render.ts';

export interface DatasetOptions {
  readonly count: number;
  readonly seed: number;
  /** Side of a scene in pixels, a multiple of 8. */
  readonly size: number;
  /** Side of a reference photo in pixels. */
  readonly photoSize: number;
  readonly maxObjects: number;
  readonly shardSize: number;
  readonly split: Split;
  /** Undefined for the mixture of all. */
  readonly relations: readonly string[] | undefined;
}

export interface ShardFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4;

export const shardCount = (options: DatasetOptions): number => Math.ceil(options.count / options.shardSize);

export function shardFileNames(shard: number): string[] {
  const id = String(shard).padStart(5, '0');
  return [`scene-${id}.npy`, `photo-${id}.npy`, `mask-${id}.npy`, `meta-${id}.jsonl`];
}

/** RGBA to RGB. */
function copyRgb(from: Uint8ClampedArray, to: Uint8Array, offset: number): void {
  for (let source = 0, target = offset; source < from.length; source += 4, target += 3) {
    to[target] = from[source] ?? 0;
    to[target + 1] = from[source + 1] ?? 0;
    to[target + 2] = from[source + 2] ?? 0;
  }
}

/**
 * Draws shard number `shard`: scenes [n, size, size, 3], photos [n, maxObjects, photoSize, photoSize, 3] and masks
 * [n, maxObjects, size/4, size/4], all uint8 (zeros where there is no object), and one JSON line a scene.
 * `onScene` is called after each scene.
 */
export function renderShard(
  canvas: CanvasFactory,
  options: DatasetOptions,
  shard: number,
  onScene: () => void,
): ShardFile[] {
  const { size, photoSize, maxObjects } = options;
  const first = shard * options.shardSize;
  const count = Math.min(options.shardSize, options.count - first);
  const quarter = size / 4;
  const scenes = new Uint8Array(count * size * size * 3);
  const photos = new Uint8Array(count * maxObjects * photoSize * photoSize * 3);
  const masks = new Uint8Array(count * maxObjects * quarter * quarter);
  const lines: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const scene = composeScene({
      seed: options.seed + first + index,
      split: options.split,
      maxObjects,
      ...(options.relations === undefined ? {} : { relations: options.relations }),
    });
    const picture = renderScene(canvas, scene, size);
    copyRgb(picture.pixels, scenes, index * size * size * 3);
    const objects = scene.objects.map((object, slot) => {
      const photo = renderPhoto(canvas, object.identity, object.photoSeed, photoSize);
      copyRgb(photo.pixels, photos, (index * maxObjects + slot) * photoSize * photoSize * 3);
      const drawn = picture.objects[slot];
      if (drawn !== undefined) masks.set(drawn.mask, (index * maxObjects + slot) * quarter * quarter);
      return {
        phrase: object.phrase,
        description: object.description,
        identity: object.identity,
        box: drawn?.box.map(round),
        keypoints: drawn?.keypoints.map((point) => point.map(round)),
        photoKeypoints: photo.keypoints.map(({ x, y }) => [round(x), round(y)]),
      };
    });
    lines.push(
      JSON.stringify({
        seed: scene.seed,
        relation: scene.relation,
        background: scene.background,
        objects,
        captions: scene.captions,
      }),
    );
    onScene();
  }
  const [sceneName = '', photoName = '', maskName = '', metaName = ''] = shardFileNames(shard);
  return [
    { name: sceneName, bytes: encodeNpy('u1', [count, size, size, 3], scenes) },
    { name: photoName, bytes: encodeNpy('u1', [count, maxObjects, photoSize, photoSize, 3], photos) },
    { name: maskName, bytes: encodeNpy('u1', [count, maxObjects, quarter, quarter], masks) },
    { name: metaName, bytes: new TextEncoder().encode(`${lines.join('\n')}\n`) },
  ];
}

/** Contents of dataset.json. */
export function datasetManifest(options: DatasetOptions, relations: readonly string[]): string {
  const { count, size, photoSize, maxObjects, shardSize, split, seed } = options;
  return `${JSON.stringify({ version: 1, count, size, photoSize, maxObjects, shardSize, split, seed, relations }, null, 2)}\n`;
}
