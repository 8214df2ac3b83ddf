import type { PixelRect } from './crop.ts';
import { paintStroke, type MaskPoint } from './mask-brush.ts';
import { featherMask, refreshFeather, type MaskRegion } from './mask-feather.ts';
import { floodBorder, floodFill } from './mask-flood.ts';
import { placeMask } from './mask-place.ts';
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
  /** Takes what was found inside a rectangle of the photo as the mask; everything outside it is gone. */
  place(found: Mask, place: PixelRect): void;
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
  /** The softened mask as of the last frame, and the part of the hard one that changed since. */
  let soft: Mask | null = null;
  let changed: MaskRegion | null = null;

  function softened(): Mask {
    const radius = softness * Math.max(width, height);
    if (soft === null) soft = featherMask(current, radius);
    else if (changed !== null) refreshFeather(soft, current, radius, changed);
    changed = null;
    // Without softness it is the hard mask itself, which goes on changing.
    const whole = soft;
    if (whole === current) soft = null;
    return whole;
  }

  /** The mask is another one altogether. */
  function replace(mask: Mask): void {
    current = mask;
    soft = null;
  }

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
        changed = united(changed, strokeRegion(from ?? to, to, radius, target));
        from = to;
      }
      lastPoint = from;
    },
    fill(x, y, tolerance, keep) {
      floodFill(begin(), photo, x, y, tolerance, keep ? KEPT : GONE);
      soft = null;
    },
    removeBackground(tolerance) {
      floodBorder(begin(), photo, tolerance);
      soft = null;
    },
    keepAll() {
      begin().data.fill(KEPT);
      soft = null;
    },
    place(found, place) {
      placeMask(begin(), found, place);
      soft = null;
    },
    undo() {
      const before = past.at(-1);
      if (before === undefined) return;
      future = [current, ...future];
      past = past.slice(0, -1);
      replace(before);
    },
    redo() {
      const [after, ...rest] = future;
      if (after === undefined) return;
      past = [...past, current];
      future = rest;
      replace(after);
    },
    setFeather(value) {
      softness = value;
      soft = null;
    },
    frame: () => applyMask(photo, softened()),
    kept: () => keptShare(current),
  };
}

/** Where a stroke may have painted. */
function strokeRegion(from: MaskPoint, to: MaskPoint, radius: number, { width, height }: Mask): MaskRegion {
  const within = (value: number, size: number): number => Math.min(size, Math.max(0, value));
  return {
    x0: within(Math.floor(Math.min(from.x, to.x) - radius), width),
    y0: within(Math.floor(Math.min(from.y, to.y) - radius), height),
    x1: within(Math.ceil(Math.max(from.x, to.x) + radius) + 1, width),
    y1: within(Math.ceil(Math.max(from.y, to.y) + radius) + 1, height),
  };
}

function united(first: MaskRegion | null, second: MaskRegion): MaskRegion {
  if (first === null) return second;
  return {
    x0: Math.min(first.x0, second.x0),
    y0: Math.min(first.y0, second.y0),
    x1: Math.max(first.x1, second.x1),
    y1: Math.max(first.y1, second.y1),
  };
}
