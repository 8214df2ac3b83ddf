import { KEPT, type Mask } from './mask.ts';

/** Three box blurs come close to a Gaussian one. */
const PASSES = 3;

/**
 * The mask with a soft edge of about `radius` pixels. The edge softens inwards only: outside of the hard
 * edge stays gone, so that no rim of the old background comes back.
 */
export function featherMask(mask: Mask, radius: number): Mask {
  const reach = Math.round(radius / PASSES);
  if (reach < 1) return mask;
  const { width, height } = mask;
  // Plain bytes: a clamped array takes twice the time to write.
  let blurred: Uint8Array = new Uint8Array(mask.data);
  // Along rows, then along columns: in another order the result would be the same.
  for (let pass = 0; pass < PASSES; pass += 1) blurRows(blurred, width, reach);
  for (let pass = 0; pass < PASSES; pass += 1) blurred = blurColumns(blurred, width, height, reach);
  const data = new Uint8ClampedArray(blurred.length);
  // On the hard edge a blur has fallen to one half: that becomes nothing, the untouched inside stays whole.
  for (let at = 0; at < data.length; at += 1) {
    const value = mask.data[at] ?? 0;
    if (value > 0) data[at] = Math.min(2 * (blurred[at] ?? 0) - KEPT, value);
  }
  return { width, height, data };
}

/** Whole pixels of a mask: x0 ≤ x < x1, y0 ≤ y < y1. */
export interface MaskRegion {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/**
 * Brings a softened mask up to date where the hard one changed, in place: the same as softening all of it
 * anew, in the time that the changed part takes.
 */
export function refreshFeather(soft: Mask, mask: Mask, radius: number, changed: MaskRegion): void {
  const spread = PASSES * Math.round(radius / PASSES);
  const target = grown(changed, spread, mask);
  // What lies further away than the blur reaches does not count.
  const seen = grown(target, spread, mask);
  const part = featherMask(cut(mask, seen), radius);
  for (let y = target.y0; y < target.y1; y += 1) {
    const from = (y - seen.y0) * part.width + target.x0 - seen.x0;
    soft.data.set(part.data.subarray(from, from + target.x1 - target.x0), y * mask.width + target.x0);
  }
}

function grown({ x0, y0, x1, y1 }: MaskRegion, by: number, { width, height }: Mask): MaskRegion {
  return {
    x0: Math.max(0, x0 - by),
    y0: Math.max(0, y0 - by),
    x1: Math.min(width, x1 + by),
    y1: Math.min(height, y1 + by),
  };
}

function cut({ width, data }: Mask, { x0, y0, x1, y1 }: MaskRegion): Mask {
  const part = new Uint8ClampedArray((x1 - x0) * (y1 - y0));
  for (let y = y0; y < y1; y += 1) {
    part.set(data.subarray(y * width + x0, y * width + x1), (y - y0) * (x1 - x0));
  }
  return { width: x1 - x0, height: y1 - y0, data: part };
}

function isEven(row: Uint8Array): boolean {
  const first = row[0];
  for (let x = 1; x < row.length; x += 1) if (row[x] !== first) return false;
  return true;
}

/** A box blur along every row, in place; beyond its ends a row goes on as it ended. */
function blurRows(pixels: Uint8Array, width: number, reach: number): void {
  const size = 2 * reach + 1;
  const share = 1 / size;
  /** A row with its ends drawn out, so that the window never leaves it. */
  const line = new Uint8Array(width + size);
  for (let start = 0; start < pixels.length; start += width) {
    const row = pixels.subarray(start, start + width);
    const [first, last] = [row[0] ?? 0, row[width - 1] ?? 0];
    // The blur of one value is that value: most rows of a photo lie beside the object or in it.
    if (isEven(row)) continue;
    line.fill(first, 0, reach + 1);
    line.set(row, reach + 1);
    line.fill(last, reach + 1 + width);
    let sum = 0.5 * size;
    for (let at = 0; at < size; at += 1) sum += line[at] ?? 0;
    for (let x = 0; x < width; x += 1) {
      sum += (line[x + size] ?? 0) - (line[x] ?? 0);
      row[x] = sum * share;
    }
  }
}

/** The same along every column: a row of sums moves down, so that memory is read in its own order. */
function blurColumns(source: Uint8Array, width: number, height: number, reach: number): Uint8Array {
  const size = 2 * reach + 1;
  const share = 1 / size;
  const target = new Uint8Array(source.length);
  const rowAt = (y: number): Uint8Array => {
    const start = Math.min(Math.max(y, 0), height - 1) * width;
    return source.subarray(start, start + width);
  };
  // One half of a step more, for bytes cut what is behind the point.
  const sums = new Float64Array(width).fill(0.5 * size);
  for (let y = -reach - 1; y < reach; y += 1) {
    const row = rowAt(y);
    for (let x = 0; x < width; x += 1) sums[x] = (sums[x] ?? 0) + (row[x] ?? 0);
  }
  for (let y = 0; y < height; y += 1) {
    const [entering, leaving] = [rowAt(y + reach), rowAt(y - reach - 1)];
    const row = target.subarray(y * width, (y + 1) * width);
    for (let x = 0; x < width; x += 1) {
      const sum = (sums[x] ?? 0) + (entering[x] ?? 0) - (leaving[x] ?? 0);
      sums[x] = sum;
      row[x] = sum * share;
    }
  }
  return target;
}
