import { invariant } from '../../shared/errors.ts';

/**
 * A cheap picture of latents [C,h,w]: each cell's channels times the pack's least-squares matrix
 * [C+1][3], whose last row is the bias, to RGB 0..1. Gives RGBA, opaque, one pixel per cell.
 */
export function previewPixels(
  latents: Float32Array,
  cells: number,
  matrix: readonly (readonly number[])[],
): Uint8ClampedArray<ArrayBuffer> {
  const channels = matrix.length - 1;
  invariant(
    latents.length === channels * cells,
    () => `The preview matrix is for ${channels} channels, the latents have ${latents.length / cells}.`,
  );
  const pixels = new Uint8ClampedArray(4 * cells);
  for (let color = 0; color < 3; color += 1) {
    const column = Float64Array.from(matrix, (row) => 255 * (row[color] ?? 0));
    const bias = column[channels] ?? 0;
    for (let cell = 0; cell < cells; cell += 1) {
      let value = bias;
      for (let channel = 0; channel < channels; channel += 1) {
        value += (column[channel] ?? 0) * (latents[channel * cells + cell] ?? 0);
      }
      pixels[4 * cell + color] = value;
    }
  }
  for (let cell = 0; cell < cells; cell += 1) pixels[4 * cell + 3] = 255;
  return pixels;
}
