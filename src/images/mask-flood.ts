import { GONE, type Mask } from './mask.ts';
import { type RgbaImage } from './rgba-image.ts';

/** Distance of black and white, the largest there is. */
const LARGEST_DISTANCE = Math.sqrt(3) * 255;
/** Border colours are counted in cells of this many levels a channel. */
const CELL = 16;
/** A colour belongs to the background if it fills at least this part of the border. */
const BACKGROUND_SHARE = 0.03;

type Rgb = readonly [r: number, g: number, b: number];

function colourAt({ data }: RgbaImage, at: number): Rgb {
  return [data[at * 4] ?? 0, data[at * 4 + 1] ?? 0, data[at * 4 + 2] ?? 0];
}

/** True for pixels whose colour is within the tolerance (0..1 of the way from black to white) of one of these. */
function nearAny(image: RgbaImage, colours: readonly Rgb[], tolerance: number): (at: number) => boolean {
  const limit = (tolerance * LARGEST_DISTANCE) ** 2;
  const { data } = image;
  return (at) => {
    const [r, g, b] = [data[at * 4] ?? 0, data[at * 4 + 1] ?? 0, data[at * 4 + 2] ?? 0];
    return colours.some(([cr, cg, cb]) => (r - cr) ** 2 + (g - cg) ** 2 + (b - cb) ** 2 <= limit);
  };
}

/** Gives all pixels that hang together with the seeds and belong the value. Changes the mask in place. */
function spread(mask: Mask, seeds: Iterable<number>, belongs: (at: number) => boolean, value: number): void {
  const { width, height, data } = mask;
  const seen = new Uint8Array(width * height);
  const waiting: number[] = [];
  const visit = (at: number): void => {
    if (seen[at] !== 0) return;
    seen[at] = 1;
    if (belongs(at)) waiting.push(at);
  };
  for (const seed of seeds) visit(seed);
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    data[at] = value;
    const x = at % width;
    if (x > 0) visit(at - 1);
    if (x < width - 1) visit(at + 1);
    if (at >= width) visit(at - width);
    if (at < width * (height - 1)) visit(at + width);
  }
}

/**
 * Flood fill: the pixel at (x, y) and all that hang together with it and are like it in colour, within a
 * tolerance of 0..1, take the value. Changes the mask in place.
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
  spread(mask, [at], nearAny(image, [colourAt(image, at)], tolerance), value);
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
  spread(mask, border, nearAny(image, borderColours(image, border), tolerance), GONE);
}
