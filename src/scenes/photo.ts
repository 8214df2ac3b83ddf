import { createRandom } from '../shared/random.ts';
import { figureLayers } from './arrangement.ts';
import { band, glow } from './backgrounds/paint.ts';
import { type CanvasFactory } from './canvas.ts';
import { Brush } from './drawing/brush.ts';
import { drawFigurePart } from './drawing/figure.ts';
import { vec, type Vec } from './geometry.ts';
import { type Identity } from './identity.ts';
import { lighter, type Rgb } from './palette.ts';
import { relaxed } from './relations/neutral.ts';
import { keypointsOf, solveFigure } from './skeleton.ts';

export interface RenderedPhoto {
  readonly size: number;
  /** RGBA, size² × 4. */
  readonly pixels: Uint8ClampedArray;
  /** 17 points, normalized, in the order of `KEYPOINT_NAMES`. */
  readonly keypoints: readonly Vec[];
}

const BACKDROPS: readonly Rgb[] = [
  [255, 255, 255],
  [236, 230, 222],
  [220, 230, 238],
  [238, 222, 226],
  [224, 234, 216],
  [230, 224, 240],
  [210, 206, 204],
];

/** A reference photo: the character alone, whole, in a relaxed pose before a plain or soft backdrop. */
export function renderPhoto(
  canvas: CanvasFactory,
  identity: Identity,
  seed: number,
  size: number,
): RenderedPhoto {
  const random = createRandom(seed);
  const tall = identity.species === 'rabbit' || identity.accessory === 'hat' ? 0.74 : 0.84;
  const height = tall * random.uniform(0.9, 1);
  const ground = 0.5 + height * 0.5 + (tall < 0.8 ? 0.08 : 0.03) + random.uniform(-0.02, 0.02);
  const pose = relaxed(
    { random, identities: [identity], heights: [height], ground },
    0,
    0.5 + random.uniform(-0.04, 0.04),
    random,
  );
  const figure = solveFigure(identity, pose);
  const angle = random.chance(0.3) ? random.uniform(-0.08, 0.08) : 0;
  const surface = canvas.create(size, size);
  const { context } = surface;
  context.save();
  context.scale(size, size);
  const wall = random.pick(BACKDROPS);
  const cutOut = random.chance(0.35);
  band(context, -0.2, 1.2, cutOut ? [255, 255, 255] : lighter(wall, 0.3), cutOut ? [255, 255, 255] : wall);
  context.translate(0.5, 0.5);
  context.rotate(angle);
  context.translate(-0.5, -0.5);
  if (!cutOut) glow(context, figure.pose.hip.x, ground, 0.3 * height, [54, 34, 66], 0.45, 0.24);
  const brush = new Brush(context, undefined);
  for (const layer of figureLayers(0, 'front')) {
    if (layer.kind === 'figure') drawFigurePart(brush, figure, layer.part);
  }
  context.restore();
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  return {
    size,
    pixels: surface.readPixels(),
    keypoints: keypointsOf(figure).map(({ x, y }) =>
      vec(0.5 + (x - 0.5) * c - (y - 0.5) * s, 0.5 + (x - 0.5) * s + (y - 0.5) * c),
    ),
  };
}
