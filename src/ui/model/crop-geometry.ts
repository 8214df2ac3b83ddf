import { type Box } from '../../shared/request.ts';
import { moveEdges, SMALLEST_SIDE, type Handle } from './box-geometry.ts';

/** Boxes on a photo are not rounded, unlike those on the sheet: a thousandth is several pixels of a photo. */

export const WHOLE_PHOTO: Box = [0, 0, 1, 1];
/** Edges this near to the photo's are the photo's. */
const NEAR = 0.002;

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
const unit = (value: number): number => clamp(value, 0, 1);

/** The crop moved by (dx, dy), kept inside with its size. */
export function moveCrop([x0, y0, x1, y1]: Box, dx: number, dy: number): Box {
  const [width, height] = [x1 - x0, y1 - y0];
  const left = clamp(x0 + dx, 0, 1 - width);
  const top = clamp(y0 + dy, 0, 1 - height);
  return [left, top, unit(left + width), unit(top + height)];
}

/**
 * One edge or corner moved by (dx, dy). With a ratio (width over height, both as parts of the photo) the
 * opposite edge or corner stays and the other axis follows; null lets both go free.
 */
export function resizeCrop(box: Box, handle: Handle, dx: number, dy: number, ratio: number | null): Box {
  const free = moveEdges(box, handle, dx, dy);
  if (ratio === null) return free;
  const sideways = handle.includes('w') || handle.includes('e');
  const upright = handle.startsWith('n') || handle.startsWith('s');
  const byWidth = free[2] - free[0];
  const byHeight = (free[3] - free[1]) * ratio;
  const wanted = sideways && upright ? Math.max(byWidth, byHeight) : sideways ? byWidth : byHeight;
  const holdX = handle.includes('w') ? 1 : handle.includes('e') ? 0 : 0.5;
  const holdY = handle.startsWith('n') ? 1 : handle.startsWith('s') ? 0 : 0.5;
  return around(box, holdX, holdY, wanted, ratio);
}

/** The largest crop of a ratio inside another one, in its middle. */
export function cropInRatio(box: Box, ratio: number): Box {
  return around(box, 0.5, 0.5, Math.min(box[2] - box[0], (box[3] - box[1]) * ratio), ratio);
}

/** Null for a crop that leaves all of the photo. */
export function cropOrNull(box: Box): Box | null {
  return box.every((edge, index) => Math.abs(edge - (WHOLE_PHOTO[index] ?? 0)) < NEAR) ? null : box;
}

/** A crop of that width and ratio whose point at (holdX, holdY) of itself stays, as large as the photo allows. */
function around([x0, y0, x1, y1]: Box, holdX: number, holdY: number, wanted: number, ratio: number): Box {
  const x = x0 + holdX * (x1 - x0);
  const y = y0 + holdY * (y1 - y0);
  const roomX = Math.min(holdX > 0 ? x / holdX : 1, holdX < 1 ? (1 - x) / (1 - holdX) : 1);
  const roomY = Math.min(holdY > 0 ? y / holdY : 1, holdY < 1 ? (1 - y) / (1 - holdY) : 1);
  const most = Math.min(roomX, roomY * ratio);
  const width = Math.min(Math.max(wanted, SMALLEST_SIDE, SMALLEST_SIDE * ratio), most);
  const height = width / ratio;
  const left = unit(x - holdX * width);
  const top = unit(y - holdY * height);
  return [left, top, unit(left + width), unit(top + height)];
}
