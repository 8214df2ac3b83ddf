import { type Box } from '../../shared/request.ts';

/** Smallest side of a box, as a fraction of the picture: about one latent cell at 256 pixels. */
export const SMALLEST_SIDE = 0.04;
/** Boxes are kept to a thousandth, so that the numbers a person reads are the numbers that are used. */
const GRID = 1000;
/** How near an edge must come to a guide to jump to it, as a fraction of the picture. */
const SNAP_DISTANCE = 0.012;

export const HANDLES = ['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w'] as const;
export type Handle = (typeof HANDLES)[number];

const round = (value: number): number => Math.round(value * GRID) / GRID;
const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function toRectangle([x0, y0, x1, y1]: Box): Rectangle {
  return { x: x0, y: y0, width: round(x1 - x0), height: round(y1 - y0) };
}

/** A box inside the picture from any rectangle: size limited first, then shifted in. */
export function fromRectangle({ x, y, width, height }: Rectangle): Box {
  const w = clamp(round(width), SMALLEST_SIDE, 1);
  const h = clamp(round(height), SMALLEST_SIDE, 1);
  const left = clamp(round(x), 0, round(1 - w));
  const top = clamp(round(y), 0, round(1 - h));
  return [left, top, round(left + w), round(top + h)];
}

/** The box moved by (dx, dy), fractions of the picture, kept inside with its size. */
export function moveBox(box: Box, dx: number, dy: number): Box {
  const { x, y, width, height } = toRectangle(box);
  return fromRectangle({ x: x + dx, y: y + dy, width, height });
}

/** One edge or corner moved by (dx, dy); the opposite side stays, and the smallest size holds. Not rounded. */
export function moveEdges([x0, y0, x1, y1]: Box, handle: Handle, dx: number, dy: number): Box {
  const west = handle.includes('w') ? clamp(x0 + dx, 0, x1 - SMALLEST_SIDE) : x0;
  const east = handle.includes('e') ? clamp(x1 + dx, x0 + SMALLEST_SIDE, 1) : x1;
  const north = handle.startsWith('n') ? clamp(y0 + dy, 0, y1 - SMALLEST_SIDE) : y0;
  const south = handle.startsWith('s') ? clamp(y1 + dy, y0 + SMALLEST_SIDE, 1) : y1;
  return [west, north, east, south];
}

/** The same on the sheet's grid. */
export function resizeBox(box: Box, handle: Handle, dx: number, dy: number): Box {
  const [x0, y0, x1, y1] = moveEdges(box, handle, dx, dy);
  return [round(x0), round(y0), round(x1), round(y1)];
}

/** The box between two corners in any order. */
export function boxBetween(ax: number, ay: number, bx: number, by: number): Box {
  const x0 = clamp(Math.min(ax, bx), 0, 1);
  const y0 = clamp(Math.min(ay, by), 0, 1);
  return fromRectangle({
    x: x0,
    y: y0,
    width: clamp(Math.max(ax, bx), 0, 1) - x0,
    height: clamp(Math.max(ay, by), 0, 1) - y0,
  });
}

/** Where two boxes meet, or null. */
export function overlapOf(a: Box, b: Box): Rectangle | null {
  const x = Math.max(a[0], b[0]);
  const y = Math.max(a[1], b[1]);
  const width = Math.min(a[2], b[2]) - x;
  const height = Math.min(a[3], b[3]) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

export interface Guides {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** Lines worth jumping to: the picture's edges and middle, and the edges of the other boxes. */
export function guidesOf(others: readonly Box[]): Guides {
  return {
    x: [0, 0.5, 1, ...others.flatMap((box) => [box[0], box[2]])],
    y: [0, 0.5, 1, ...others.flatMap((box) => [box[1], box[3]])],
  };
}

function shiftToGuide(
  edges: readonly number[],
  guides: readonly number[],
): { shift: number; at: number } | null {
  let best: { shift: number; at: number } | null = null;
  for (const edge of edges) {
    for (const at of guides) {
      const shift = at - edge;
      if (Math.abs(shift) > SNAP_DISTANCE) continue;
      if (best === null || Math.abs(shift) < Math.abs(best.shift)) best = { shift, at };
    }
  }
  return best;
}

export interface Snapped {
  readonly box: Box;
  /** The guides the box now touches, for drawing. */
  readonly x: number | null;
  readonly y: number | null;
}

/** A moved box pulled to the nearest guide on each axis. */
export function snapMove(box: Box, guides: Guides): Snapped {
  const x = shiftToGuide([box[0], (box[0] + box[2]) / 2, box[2]], guides.x);
  const y = shiftToGuide([box[1], (box[1] + box[3]) / 2, box[3]], guides.y);
  return { box: moveBox(box, x?.shift ?? 0, y?.shift ?? 0), x: x?.at ?? null, y: y?.at ?? null };
}

/** A resized box whose moving edges are pulled to the nearest guides. */
export function snapResize(box: Box, handle: Handle, guides: Guides): Snapped {
  const edgeX = handle.includes('w') ? [box[0]] : handle.includes('e') ? [box[2]] : [];
  const edgeY = handle.startsWith('n') ? [box[1]] : handle.startsWith('s') ? [box[3]] : [];
  const x = shiftToGuide(edgeX, guides.x);
  const y = shiftToGuide(edgeY, guides.y);
  return {
    box: resizeBox(box, handle, x?.shift ?? 0, y?.shift ?? 0),
    x: x?.at ?? null,
    y: y?.at ?? null,
  };
}
