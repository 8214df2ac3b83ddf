import type { LatentSize } from '../../sampling/size.ts';
import { invariant } from '../../shared/errors.ts';

/**
 * Most bytes of activations that one run of the decoder may hold. SDXL's picture of 1024² would need
 * 3.2 GB; within this it takes tiles of 73 cells, four of them. 256² to 512² are decoded whole.
 */
export const DEFAULT_DECODER_BYTES = 1024 * 1024 * 1024;

/** Below this a tile would be mostly overlap and border. */
const SMALLEST_TILE = 8;

/** Sides in cells of the tiles that keep to the budget; the latent's own size where it does. */
export function tileSize(
  { latentHeight, latentWidth }: LatentSize,
  bytesPerCell: number,
  maxBytes: number,
): LatentSize {
  if (latentHeight * latentWidth * bytesPerCell <= maxBytes) return { latentHeight, latentWidth };
  const side = Math.max(SMALLEST_TILE, Math.floor(Math.sqrt(maxBytes / bytesPerCell)));
  return { latentHeight: Math.min(side, latentHeight), latentWidth: Math.min(side, latentWidth) };
}

/** Where tiles of one length lie along one axis; every next one starts later. */
export interface TileAxis {
  readonly length: number;
  readonly tile: number;
  readonly starts: readonly number[];
}

/**
 * Tiles of `tile` cells that cover `length` cells and overlap by at least `overlap`: as few as that takes,
 * evenly spread, the last one ending where the axis ends, so that all have one size whatever the length is.
 */
export function tileAxis(length: number, tile: number, overlap: number): TileAxis {
  invariant(
    overlap >= 0 && overlap < tile && tile <= length,
    () => `Tiles of ${tile} cells that overlap by ${overlap} cannot cover ${length}.`,
  );
  const count = Math.ceil((length - overlap) / (tile - overlap));
  const starts = Array.from({ length: count }, (_, index) =>
    count === 1 ? 0 : Math.round((index * (length - tile)) / (count - 1)),
  );
  return { length, tile, starts };
}

/**
 * Weight of each of a tile's pixels in the sum of overlapping tiles, along one axis: rising from the tile's
 * start over `ramp` pixels, falling before its end, never 0.
 */
export function tileRamp(pixels: number, ramp: number): Float32Array {
  return Float32Array.from({ length: pixels }, (_, at) =>
    Math.min(1, (at + 0.5) / ramp, (pixels - at - 0.5) / ramp),
  );
}

/** [channels, height, width], row-major. */
export interface Planes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

/** The tile of `height` × `width` that starts at (top, left). */
export function cutTile(
  source: Planes,
  { top, left, height, width }: { top: number; left: number; height: number; width: number },
): Planes {
  const data = new Float32Array(source.channels * height * width);
  for (let row = 0; row < source.channels * height; row += 1) {
    const channel = Math.floor(row / height);
    const from = (channel * source.height + top + (row % height)) * source.width + left;
    data.set(source.data.subarray(from, from + width), row * width);
  }
  return { channels: source.channels, height, width, data };
}

/** Adds overlapping tiles up to one picture; where several cover a pixel it becomes their weighted mean. */
export function createBlend(
  channels: number,
  height: number,
  width: number,
): {
  add(tile: Planes, top: number, left: number, ramp: number): void;
  finish(): Float32Array;
} {
  const sums = new Float32Array(channels * height * width);
  const weights = new Float32Array(height * width);
  return {
    add(tile, top, left, ramp) {
      const rows = tileRamp(tile.height, ramp);
      const columns = tileRamp(tile.width, ramp);
      for (let y = 0; y < tile.height; y += 1) {
        const target = (top + y) * width + left;
        for (let x = 0; x < tile.width; x += 1) {
          const weight = (rows[y] ?? 0) * (columns[x] ?? 0);
          weights[target + x] = (weights[target + x] ?? 0) + weight;
          for (let channel = 0; channel < channels; channel += 1) {
            const at = channel * height * width + target + x;
            const value = tile.data[(channel * tile.height + y) * tile.width + x] ?? Number.NaN;
            sums[at] = (sums[at] ?? 0) + weight * value;
          }
        }
      }
    },
    finish: () => sums.map((sum, at) => sum / (weights[at % weights.length] ?? 1)),
  };
}
