import { GONE, KEPT, type Mask } from './mask.ts';
import { type RgbaImage } from './rgba-image.ts';

/** Distance of black and white, the largest there is. */
const LARGEST_DISTANCE = Math.sqrt(3) * 255;
/** Border colours are counted in cells of this many levels a channel. */
const CELL = 16;
/** Pixels that an object's rim is wide: lenses and enlarging blur an edge over one or two. */
const RIM = 2;
/** A colour belongs to the background if it fills at least this part of the border. */
const BACKGROUND_SHARE = 0.03;

type Rgb = readonly [r: number, g: number, b: number];

function colourAt({ data }: RgbaImage, at: number): Rgb {
  return [data[at * 4] ?? 0, data[at * 4 + 1] ?? 0, data[at * 4 + 2] ?? 0];
}

/** How far a pixel's colour is from the nearest of these, 0..1 of the way from black to white. */
function distanceTo(image: RgbaImage, colours: readonly Rgb[]): (at: number) => number {
  const { data } = image;
  return (at) => {
    const [r, g, b] = [data[at * 4] ?? 0, data[at * 4 + 1] ?? 0, data[at * 4 + 2] ?? 0];
    let nearest = LARGEST_DISTANCE ** 2;
    for (const [cr, cg, cb] of colours) {
      nearest = Math.min(nearest, (r - cr) ** 2 + (g - cg) ** 2 + (b - cb) ** 2);
    }
    return Math.sqrt(nearest) / LARGEST_DISTANCE;
  };
}

/**
 * Gives all pixels that hang together with the seeds and are within the tolerance the value. Changes the mask
 * in place and returns the pixels it came to: 1 for those that took the value.
 */
function spread(
  mask: Mask,
  seeds: Iterable<number>,
  distance: (at: number) => number,
  tolerance: number,
  value: number,
): Uint8Array {
  const { width, height, data } = mask;
  const seen = new Uint8Array(width * height);
  const taken = new Uint8Array(width * height);
  const waiting: number[] = [];
  const visit = (at: number): void => {
    if (seen[at] !== 0) return;
    seen[at] = 1;
    if (distance(at) <= tolerance) waiting.push(at);
  };
  for (const seed of seeds) visit(seed);
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    data[at] = value;
    taken[at] = 1;
    const x = at % width;
    if (x > 0) visit(at - 1);
    if (x < width - 1) visit(at + 1);
    if (at >= width) visit(at - width);
    if (at < width * (height - 1)) visit(at + width);
  }
  return taken;
}

/** The pixels within a distance on both axes, inside the picture. */
function around({ width, height }: Mask, at: number, reach: number): readonly number[] {
  const [x, y] = [at % width, Math.floor(at / width)];
  const found: number[] = [];
  for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row += 1) {
    for (let column = Math.max(0, x - reach); column <= Math.min(width - 1, x + reach); column += 1) {
      found.push(row * width + column);
    }
  }
  return found;
}

/**
 * The rim of an object is mixed with what was behind it. Beside the pixels taken away, a pixel stays by its
 * share of the object: its distance from the background as a part of the largest one nearby.
 */
function thinRim(mask: Mask, taken: Uint8Array, distance: (at: number) => number, tolerance: number): void {
  const shares = new Map<number, number>();
  for (const at of rimOf(mask, taken)) {
    // As plain as the background but not one with it: a part of the object in its colour.
    if (distance(at) <= tolerance) continue;
    const nearby = around(mask, at, RIM + 1).map((near) => (taken[near] === 1 ? 0 : distance(near)));
    const largest = Math.max(...nearby);
    shares.set(at, distance(at) / largest);
  }
  for (const [at, share] of shares) mask.data[at] = Math.min(mask.data[at] ?? GONE, KEPT * share);
}

/** The pixels that stay within {@link RIM} of those taken away. */
function rimOf(mask: Mask, taken: Uint8Array): ReadonlySet<number> {
  const { width, height } = mask;
  const rim = new Set<number>();
  for (let at = 0; at < taken.length; at += 1) {
    if (taken[at] === 0) continue;
    const x = at % width;
    const isEdge =
      (x > 0 && taken[at - 1] === 0) ||
      (x < width - 1 && taken[at + 1] === 0) ||
      (at >= width && taken[at - width] === 0) ||
      (at < width * (height - 1) && taken[at + width] === 0);
    if (!isEdge) continue;
    for (const near of around(mask, at, RIM)) if (taken[near] === 0) rim.add(near);
  }
  return rim;
}

/**
 * Flood fill: the pixel at (x, y) and all that hang together with it and are like it in colour, within a
 * tolerance of 0..1, take the value; what is taken away leaves no rim. Changes the mask in place.
 */
export function floodFill(
  mask: Mask,
  image: RgbaImage,
  x: number,
  y: number,
  tolerance: number,
  value: number,
): void {
  const at = y * image.width + x;
  const distance = distanceTo(image, [colourAt(image, at)]);
  const taken = spread(mask, [at], distance, tolerance, value);
  if (value === GONE) thinRim(mask, taken, distance, tolerance);
}

function borderOf({ width, height }: RgbaImage): readonly number[] {
  const columns = Array.from({ length: width }, (_, x) => x);
  const rows = Array.from({ length: height }, (_, y) => y * width);
  return [
    ...columns,
    ...columns.map((x) => (height - 1) * width + x),
    ...rows,
    ...rows.map((at) => at + width - 1),
  ];
}

/** The colours that fill a good part of the border: a backdrop may run from light to dark. */
function borderColours(image: RgbaImage, border: readonly number[]): readonly Rgb[] {
  const cells = new Map<string, { count: number; sum: [number, number, number] }>();
  for (const at of border) {
    const [r, g, b] = colourAt(image, at);
    const key = [r, g, b].map((level) => Math.floor(level / CELL)).join(' ');
    const { count, sum } = cells.get(key) ?? { count: 0, sum: [0, 0, 0] };
    cells.set(key, { count: count + 1, sum: [sum[0] + r, sum[1] + g, sum[2] + b] });
  }
  return [...cells.values()].flatMap(({ count, sum: [r, g, b] }): readonly Rgb[] =>
    count >= BACKGROUND_SHARE * border.length ? [[r / count, g / count, b / count]] : [],
  );
}

/**
 * Removes a plain background: everything that hangs together with the picture's border and is like the
 * border's frequent colours, within a tolerance of 0..1. An object that the border cuts stays, as long as it
 * takes less of the border than any colour of the background needs. Changes the mask in place.
 */
export function floodBorder(mask: Mask, image: RgbaImage, tolerance: number): void {
  const border = borderOf(image);
  const distance = distanceTo(image, borderColours(image, border));
  thinRim(mask, spread(mask, border, distance, tolerance, GONE), distance, tolerance);
}
