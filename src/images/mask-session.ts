import { paintStroke, type MaskPoint } from './mask-brush.ts';
import { featherMask } from './mask-feather.ts';
import { floodBorder, floodFill } from './mask-flood.ts';
import { applyMask, fullMask, GONE, KEPT, keptShare, type Mask } from './mask.ts';
import { type RgbaImage } from './rgba-image.ts';

/** Steps that can be taken back; a mask is 1 MB at most. */
const MOST_STEPS = 40;

/** Cutting one photo out by hand: the mask as it is, and the masks before and after it. */
export interface MaskSession {
  readonly mask: Mask;
  readonly feather: number;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Goes from point to point with a round brush; `begins` makes it a step of its own. */
  stroke(points: readonly MaskPoint[], radius: number, keep: boolean, begins: boolean): void;
  /** Flood fill from a pixel. */
  fill(x: number, y: number, tolerance: number, keep: boolean): void;
  removeBackground(tolerance: number): void;
  keepAll(): void;
  undo(): void;
  redo(): void;
  /** Softness of the edge, a part of the longest side; no step of its own. */
  setFeather(feather: number): void;
  /** The photo as it is cut out now. */
  frame(): RgbaImage;
  kept(): number;
}

/** Starts with a mask of the photo's size, or with everything kept. */
export function createMaskSession(photo: RgbaImage, mask: Mask | null, feather: number): MaskSession {
  const { width, height } = photo;
  let current = mask ?? fullMask(width, height);
  let softness = feather;
  let past: readonly Mask[] = [];
  let future: readonly Mask[] = [];
  let lastPoint: MaskPoint | undefined;

  /** Keeps the mask as it was, and gives a copy to change. */
  function begin(): Mask {
    past = [...past, current].slice(-MOST_STEPS);
    future = [];
    current = { ...current, data: current.data.slice() };
    return current;
  }

  return {
    get mask() {
      return current;
    },
    get feather() {
      return softness;
    },
    get canUndo() {
      return past.length > 0;
    },
    get canRedo() {
      return future.length > 0;
    },
    stroke(points, radius, keep, begins) {
      const target = begins || past.length === 0 ? begin() : current;
      let from = begins ? undefined : lastPoint;
      for (const to of points) {
        paintStroke(target, from ?? to, to, radius, keep ? KEPT : GONE);
        from = to;
      }
      lastPoint = from;
    },
    fill(x, y, tolerance, keep) {
      floodFill(begin(), photo, x, y, tolerance, keep ? KEPT : GONE);
    },
    removeBackground(tolerance) {
      floodBorder(begin(), photo, tolerance);
    },
    keepAll() {
      begin().data.fill(KEPT);
    },
    undo() {
      const before = past.at(-1);
      if (before === undefined) return;
      future = [current, ...future];
      past = past.slice(0, -1);
      current = before;
    },
    redo() {
      const [after, ...rest] = future;
      if (after === undefined) return;
      past = [...past, current];
      future = rest;
      current = after;
    },
    setFeather(value) {
      softness = value;
    },
    frame: () => applyMask(photo, featherMask(current, softness * Math.max(width, height))),
    kept: () => keptShare(current),
  };
}
