import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import { createFolderStore } from '../../weights/node-store.ts';
import { openPack } from '../../weights/pack-reader.ts';
import { DEFAULT_ATTENTION } from '../graph/attention.ts';
import { decoderBytesPerCell } from '../networks/vae-decoder.ts';
import { createNodeRuntime } from '../runtime/node-runtime.ts';
import { decodeLatents } from './decode-stage.ts';
import { loadModel, type Model } from './model.ts';
import { createSessionCache } from './session-cache.ts';
import type { StageContext } from './stage-context.ts';
import { tileSize } from './tiles.ts';

const MODEL = fileURLToPath(new URL('../../../public/models/toybox', import.meta.url));
const runtime = createNodeRuntime({ threads: 1 });
let model: Model;
let context: StageContext;

beforeAll(async () => {
  const pack = await openPack(createFolderStore(MODEL));
  model = await loadModel(pack);
  const sessions = createSessionCache({
    runtime,
    readShard: (shard) => pack.readShard(shard),
    shardByteLength: () => 0,
    maxResidentBytes: 1,
  });
  context = { sessions, runtime, attention: DEFAULT_ATTENTION, computeType: 'float32' };
});
afterAll(() => runtime.dispose());

/** Latents of unit variance that change slowly, as a picture's do: sums of long waves in every channel. */
function smoothLatents(channels: number, height: number, width: number): Float32Array {
  const random = createRandom(9);
  const latents = new Float32Array(channels * height * width);
  for (let channel = 0; channel < channels; channel += 1) {
    for (let wave = 0; wave < 6; wave += 1) {
      const [u, v, phase] = [random.uniform(-0.5, 0.5), random.uniform(-0.5, 0.5), random.uniform(0, 6)];
      for (let cell = 0; cell < height * width; cell += 1) {
        const at = channel * height * width + cell;
        const angle = u * (cell % width) + v * Math.floor(cell / width) + phase;
        latents[at] = (latents[at] ?? 0) + Math.sin(angle) / Math.sqrt(3);
      }
    }
  }
  return latents;
}

const difference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] ?? NaN)), 0) / a.length;

describe('decoding in tiles', () => {
  // 37 × 50 cells: no multiple of the tile's 24.
  const latent = { latentHeight: 37, latentWidth: 50 };
  const [height, width] = [37 * 8, 50 * 8];
  let whole: Float32Array;
  let tiled: Float32Array;
  beforeAll(async () => {
    const { config } = model.vae;
    const latents = smoothLatents(config.latentChannels, latent.latentHeight, latent.latentWidth);
    const decode = (maxDecoderBytes: number): Promise<Float32Array> =>
      decodeLatents(model, context, latent, latents, { maxDecoderBytes });
    whole = await decode(2 ** 40);
    tiled = await decode(24 * 24 * decoderBytesPerCell(config));
  });

  it('is near the whole decode', () => {
    expect(tiled.length).toBe(3 * height * width);
    // Of a range of 2. Measured 0.021: each tile's group norms see that tile's statistics only.
    expect(difference(tiled, whole)).toBeLessThan(0.03);
    expect(difference(tiled, whole)).toBeGreaterThan(0);
  });

  it('shows no seam: where tiles begin and end, lines differ from their neighbours as in the whole decode', () => {
    const steps = (image: Float32Array, stride: number, along: number): number[] => {
      const sums = new Array<number>(along).fill(0);
      for (let at = stride; at < image.length; at += 1) {
        const line = stride === 1 ? at % width : Math.floor(at / width) % height;
        if (line > 0) sums[line] = (sums[line] ?? 0) + Math.abs((image[at] ?? 0) - (image[at - stride] ?? 0));
      }
      return sums.map((sum) => sum / (image.length / along));
    };
    // Tiles of 24 cells that share 6 begin at cells 0, 13, 26 and at 0, 13.
    for (const { stride, along, starts } of [
      { stride: 1, along: width, starts: [0, 13, 26] },
      { stride: width, along: height, starts: [0, 13] },
    ]) {
      const [expected, found] = [steps(whole, stride, along), steps(tiled, stride, along)];
      const seams = starts.flatMap((start) => [start * 8, (start + 24) * 8]);
      for (const line of seams.filter((at) => at > 0 && at < along)) {
        // Measured at most 0.004; elsewhere neighbours differ by 0.02 on average.
        expect((found[line] ?? NaN) - (expected[line] ?? NaN)).toBeLessThan(0.006);
      }
    }
  });
});

describe('the size of a tile', () => {
  it('is the picture itself where that fits', () => {
    const latent = { latentHeight: 128, latentWidth: 96 };
    expect(tileSize(latent, 1000, 128 * 96 * 1000)).toEqual(latent);
  });

  it('keeps to the budget', () => {
    const tile = tileSize({ latentHeight: 128, latentWidth: 40 }, 1000, 64 * 64 * 1000);
    expect(tile).toEqual({ latentHeight: 64, latentWidth: 40 });
  });
});
