import { createRandom } from '../shared/random.ts';
import { type Box, type Layer } from './arrangement.ts';
import { backgroundOf } from './backgrounds/index.ts';
import { glow } from './backgrounds/paint.ts';
import { type CanvasFactory, type Context2D } from './canvas.ts';
import { type Scene, type View } from './compose.ts';
import { Brush } from './drawing/brush.ts';
import { drawFigurePart } from './drawing/figure.ts';
import { vec, type Vec } from './geometry.ts';
import { drawProp } from './props/index.ts';
import { type Prop } from './props/types.ts';
import { keypointsOf, solveFigure, type Figure } from './skeleton.ts';

export interface RenderedObject {
  /** Tight around what is visible of it, normalized to the picture. */
  readonly box: Box;
  /** 17 × [x, y, visible]; order in `KEYPOINT_NAMES`; visible is 1 where the picture shows this object at that place. */
  readonly keypoints: readonly (readonly [number, number, 0 | 1])[];
  /** Visible coverage 0–255, (size/4)², row-major. */
  readonly mask: Uint8Array;
}

export interface RenderedScene {
  readonly size: number;
  /** RGBA, size² × 4. */
  readonly pixels: Uint8ClampedArray;
  readonly objects: readonly RenderedObject[];
}

/** The colours of silhouettes: one channel an object, so that coverage can be read from antialiased edges. */
const MASK_COLORS = ['rgb(255,0,0)', 'rgb(0,255,0)', 'rgb(0,0,255)'] as const;
const NO_OBJECT = 'rgb(0,0,0)';
const PIVOT = vec(0.5, 0.62);

function applyView(context: Context2D, view: View): void {
  context.translate(PIVOT.x + view.dx, PIVOT.y + view.dy);
  context.rotate(view.angle);
  context.scale(view.zoom, view.zoom);
  context.translate(-PIVOT.x, -PIVOT.y);
}

function throughView(point: Vec, view: View): Vec {
  const x = (point.x - PIVOT.x) * view.zoom;
  const y = (point.y - PIVOT.y) * view.zoom;
  const c = Math.cos(view.angle);
  const s = Math.sin(view.angle);
  return vec(PIVOT.x + view.dx + x * c - y * s, PIVOT.y + view.dy + x * s + y * c);
}

function drawLayer(brush: Brush, scene: Scene, figures: readonly Figure[], layer: Layer): void {
  if (layer.kind === 'prop') {
    const prop = scene.arrangement.props[layer.prop];
    if (brush.isMask) brush.maskColor = NO_OBJECT;
    if (prop !== undefined) drawProp(brush, prop);
    return;
  }
  const figure = figures[layer.figure];
  if (brush.isMask) brush.maskColor = MASK_COLORS[layer.figure] ?? NO_OBJECT;
  if (figure !== undefined) drawFigurePart(brush, figure, layer.part);
}

/** Contact and cast shadow of everybody whose feet or seat are near the ground. */
function drawShadows(context: Context2D, figures: readonly Figure[], ground: number): void {
  for (const figure of figures) {
    const h = figure.pose.height;
    const feet = [figure.nearLeg.end, figure.farLeg.end];
    const near = feet.filter((foot) => ground - foot.y < 0.16 * h);
    const points = ground - figure.pose.hip.y < 0.16 * h ? [...near, figure.pose.hip] : near;
    if (points.length === 0) continue;
    const left = Math.min(...points.map((point) => point.x)) - 0.12 * h;
    const right = Math.max(...points.map((point) => point.x)) + 0.12 * h;
    glow(context, (left + right) / 2 + 0.02, ground, (right - left) * 0.62, [54, 34, 66], 0.5, 0.2);
    for (const foot of near) glow(context, foot.x, ground, 0.1 * h, [44, 26, 56], 0.4, 0.3);
  }
}

/** The shadow under a vehicle or a mount, whose `at` is on the ground. */
function drawVehicleShadows(context: Context2D, props: readonly Prop[]): void {
  for (const { kind, at, size } of props) {
    if (kind === 'bike' || kind === 'motorbike' || kind === 'horse')
      glow(context, at.x, at.y, 0.52 * size, [54, 34, 66], 0.55, 0.13);
  }
}

function drawPicture(context: Context2D, scene: Scene, figures: readonly Figure[]): void {
  const soles = throughView(vec(0.5, scene.ground), scene.view).y;
  context.save();
  context.translate(0.5, 0.5);
  context.rotate(scene.view.angle * 0.6);
  context.translate(-0.5, -0.5);
  const random = createRandom(scene.backgroundSeed);
  backgroundOf(scene.background).draw(context, random, soles - random.uniform(0.12, 0.2));
  // Haze: sets the characters off from what is behind them.
  context.fillStyle = 'rgba(255,248,236,0.16)';
  context.fillRect(-0.2, -0.2, 1.4, 1.4);
  context.restore();
  applyView(context, scene.view);
  drawVehicleShadows(context, scene.arrangement.props);
  drawShadows(context, figures, scene.ground);
}

function boxOf(channel: (x: number, y: number) => number, size: number): Box {
  let left = size;
  let top = size;
  let right = -1;
  let bottom = -1;
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      if (channel(x, y) < 96) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
  }
  return right < 0 ? [0, 0, 0, 0] : [left / size, top / size, (right + 1) / size, (bottom + 1) / size];
}

function readObject(
  scene: Scene,
  figure: Figure,
  index: number,
  pixels: Uint8ClampedArray,
  side: number,
): RenderedObject {
  const channel = (x: number, y: number): number => pixels[(y * side + x) * 4 + index] ?? 0;
  const half = side / 2;
  const mask = new Uint8Array(half * half);
  for (let y = 0; y < half; y += 1) {
    for (let x = 0; x < half; x += 1) {
      mask[y * half + x] =
        (channel(2 * x, 2 * y) +
          channel(2 * x + 1, 2 * y) +
          channel(2 * x, 2 * y + 1) +
          channel(2 * x + 1, 2 * y + 1)) >>
        2;
    }
  }
  const keypoints = keypointsOf(figure).map((point): readonly [number, number, 0 | 1] => {
    const { x, y } = throughView(point, scene.view);
    const inside = x >= 0 && y >= 0 && x < 1 && y < 1;
    return [x, y, inside && channel(Math.floor(x * side), Math.floor(y * side)) > 127 ? 1 : 0];
  });
  return { box: boxOf(channel, side), keypoints, mask };
}

/** Draws a scene at `size`² pixels (a multiple of 8) and reads boxes, keypoints and masks from it. */
export function renderScene(canvas: CanvasFactory, scene: Scene, size: number): RenderedScene {
  const figures = scene.arrangement.poses.map((pose, index) => {
    const object = scene.objects[index];
    if (object === undefined)
      throw new RangeError(
        `Expected an object for each of ${scene.arrangement.poses.length} poses; got ${scene.objects.length}.`,
      );
    return solveFigure(object.identity, pose);
  });
  const draw = (side: number, mask: boolean): Uint8ClampedArray => {
    const surface = canvas.create(side, side);
    const { context } = surface;
    context.save();
    context.scale(side, side);
    if (mask) {
      context.fillStyle = NO_OBJECT;
      context.fillRect(0, 0, 1, 1);
      applyView(context, scene.view);
    } else {
      drawPicture(context, scene, figures);
    }
    const brush = new Brush(context, mask ? NO_OBJECT : undefined);
    for (const layer of scene.arrangement.layers) drawLayer(brush, scene, figures, layer);
    context.restore();
    return surface.readPixels();
  };
  const pixels = draw(size, false);
  const side = size / 2;
  const maskPixels = draw(side, true);
  return {
    size,
    pixels,
    objects: figures.map((figure, index) => readObject(scene, figure, index, maskPixels, side)),
  };
}
