import { AppError } from '../../shared/errors.ts';
import { philoxNormal } from '../../sampling/philox.ts';
import type { StoredComponent } from '../../weights/types.ts';
import { buildVaeDecoder, parseVaeConfig } from '../networks/vae-decoder.ts';
import { unscaleLatents } from '../pipeline/decode.ts';
import { type GraphModel, hostTensor, type Runtime } from '../runtime/runtime.ts';

/** Cells along one side of the latents the fit looks at; enough equations for any channel count in use. */
const SIDE = 24;
const SEED = 7;
/** Keeps the normal equations solvable if a channel never changes the picture. */
const RIDGE = 1e-3;
/** Finer than a step of 8-bit colour, coarser than what runtimes disagree on: a pack is the same wherever it is made. */
const DIGITS = 3;

/** Solves the symmetric positive system a·x = b for several right-hand sides, by Gaussian elimination. */
function solve(a: number[][], b: number[][]): number[][] {
  const size = a.length;
  const rows = a.map((row, index) => [...row, ...(b[index] ?? [])]);
  for (let pivot = 0; pivot < size; pivot += 1) {
    const pivotRow = rows[pivot] ?? [];
    const divisor = pivotRow[pivot] ?? 1;
    for (let column = 0; column < pivotRow.length; column += 1)
      pivotRow[column] = (pivotRow[column] ?? 0) / divisor;
    for (const [index, row] of rows.entries()) {
      const factor = row[pivot] ?? 0;
      if (index === pivot || factor === 0) continue;
      for (let column = 0; column < row.length; column += 1)
        row[column] = (row[column] ?? 0) - factor * (pivotRow[column] ?? 0);
    }
  }
  return rows.map((row) => row.slice(size));
}

/** Normal noise, smoothed once with its neighbours: latents of pictures vary slowly from cell to cell. */
function smoothLatents(channels: number): Float32Array {
  const noise = philoxNormal(SEED, 0, channels * SIDE * SIDE);
  return noise.map((value, index) => {
    const right = index % SIDE === SIDE - 1 ? value : (noise[index + 1] ?? value);
    const below = noise[index + SIDE] ?? value;
    return (value + right + below) / Math.sqrt(3);
  });
}

/** The decoder's picture [3][SIDE·factor][SIDE·factor], -1..1. */
async function decode(
  runtime: Runtime,
  model: GraphModel,
  readShard: (shard: string) => Promise<Uint8Array>,
  latents: Float32Array,
  channels: number,
): Promise<Float32Array> {
  const session = await runtime.createSession(model, readShard);
  try {
    const { image } = await session.run({
      latents: hostTensor('float32', [1, channels, SIDE, SIDE], latents),
    });
    if (image?.location !== 'host' || !(image.data instanceof Float32Array)) {
      throw new AppError('internal', 'The VAE decoder gave no picture.');
    }
    return image.data;
  } finally {
    await session.dispose();
  }
}

/**
 * The pack's preview matrix [C+1][3]: the least-squares map from a latent cell (in the U-Net's units) to
 * the mean colour (0..1) of the pixels that the decoder draws for it.
 */
export async function fitPreviewMatrix(
  runtime: Runtime,
  vae: StoredComponent,
  readShard: (shard: string) => Promise<Uint8Array>,
): Promise<number[][]> {
  const config = parseVaeConfig(vae.config);
  const { latentChannels: channels, factor } = config;
  const latents = smoothLatents(channels);
  const model = buildVaeDecoder(config, vae, { latentHeight: SIDE, latentWidth: SIDE });
  const pixels = await decode(runtime, model, readShard, unscaleLatents(latents, config), channels);

  const cells = SIDE * SIDE;
  const width = SIDE * factor;
  const colorOf = (color: number, cell: number): number => {
    const top = Math.floor(cell / SIDE) * factor;
    const left = (cell % SIDE) * factor;
    let sum = 0;
    for (let y = 0; y < factor; y += 1) {
      for (let x = 0; x < factor; x += 1) sum += pixels[(color * width + top + y) * width + left + x] ?? 0;
    }
    return Math.min(Math.max(sum / factor ** 2 / 2 + 0.5, 0), 1);
  };
  const rowOf = (cell: number): number[] => [
    ...Array.from({ length: channels }, (_, channel) => latents[channel * cells + cell] ?? 0),
    1,
  ];
  const gram = Array.from({ length: channels + 1 }, (_, i) =>
    Array.from({ length: channels + 1 }, (__, j): number => (i === j ? RIDGE : 0)),
  );
  const target = Array.from({ length: channels + 1 }, () => [0, 0, 0]);
  for (let cell = 0; cell < cells; cell += 1) {
    const row = rowOf(cell);
    const colors = [0, 1, 2].map((color) => colorOf(color, cell));
    for (const [i, left] of row.entries()) {
      const gramRow = gram[i] ?? [];
      const targetRow = target[i] ?? [];
      for (const [j, right] of row.entries()) gramRow[j] = (gramRow[j] ?? 0) + left * right;
      for (const [color, value] of colors.entries())
        targetRow[color] = (targetRow[color] ?? 0) + left * value;
    }
  }
  return solve(gram, target).map((row) => row.map((value) => Number(value.toFixed(DIGITS))));
}
