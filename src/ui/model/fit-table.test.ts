import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { officialUnet } from '../../../tests/full-size/synthetic-unet.ts';
import { footprintOf, packFootprint } from '../../gpu/pipeline/footprint-of.ts';
import { parseManifest } from '../../weights/pack-reader.ts';
import { fitOf, fitTables, sizesFor } from './fit-table.ts';
import { secondsOnProcessor } from './work-estimate.ts';

const GB = 1e9;
const { config, tensors } = officialUnet();
const VAE = {
  block_out_channels: [128, 256, 512, 512],
  up_block_types: Array.from({ length: 4 }, () => 'UpDecoderBlock2D'),
  layers_per_block: 2,
};
/** SDXL with networks of these sizes, which are those of docs/install.md. */
function sdxl(title: string, unetBytes: number, encoderBytes: number) {
  const footprint = footprintOf({
    image_encoder: { config: {}, tensors: [], byteLength: encoderBytes },
    unet: {
      config,
      tensors: Object.entries(tensors).map(([name, shape]) => ({ name, shape })),
      byteLength: unetBytes,
    },
    vae: { config: VAE, tensors: [], byteLength: 0.05 * GB },
  });
  const defaults = { width: 1024, height: 1024, steps: 30, guidance: 5 };
  return { id: title, title, footprint, defaults };
}
const q4 = sdxl('q4', 1.547 * GB, 1.16 * GB);
const q8 = sdxl('q8', 2.489 * GB, 2.08 * GB);
const fp16 = sdxl('fp16', 4.471 * GB, 3.691 * GB);
const toyboxFile = fileURLToPath(new URL('../../../public/models/toybox/pack.json', import.meta.url));
const manifest = parseManifest('toybox', readFileSync(toyboxFile));
const toybox = {
  id: 'toybox',
  title: 'Toybox',
  footprint: packFootprint(manifest),
  defaults: manifest.defaults,
};

const wasm = {
  device: { provider: 'wasm', threads: 2, float16: false },
  deviceBytes: 8 * 2 ** 30,
} as const;
const card = { device: { provider: 'webgpu', threads: 1, float16: true }, deviceBytes: null } as const;
const large = { width: 1024, height: 1024 };
const small = { width: 512, height: 512 };

describe('what fits a machine', () => {
  it('takes what the docs say of SDXL: a row in float32 is 0.96 GB of activations, 16 bits fill a heap', () => {
    expect((q4.footprint.activations?.unet ?? 0) * 128 * 128).toBeGreaterThan(0.96 * GB);
    expect((q4.footprint.activations?.unet ?? 0) * 128 * 128).toBeLessThan(1.05 * GB);
    expect(fitOf(q4, large, wasm)).toMatchObject({ verdict: 'fits' });
    expect(fitOf(q8, small, wasm).verdict).toBe('tight');
    expect(fitOf(q8, large, wasm).verdict).toBe('exceeds');
    expect(fitOf(fp16, small, wasm).verdict).toBe('exceeds');
  });

  it('says less for float16 arithmetic and for smaller pictures', () => {
    const full = fitOf(q4, large, wasm).peakBytes;
    expect(fitOf(q4, large, card).peakBytes).toBeLessThan(full);
    expect(fitOf(q4, small, wasm).peakBytes).toBeLessThan(full);
  });

  it('gives the time that the question before long waits gives, and none on a card', () => {
    const { passWork } = q4.footprint;
    if (passWork === null) throw new Error('SDXL has blocks to count');
    const work = { ...large, steps: 30, guidance: 5, pictures: 1 };
    expect(fitOf(q4, large, wasm).seconds).toBe(secondsOnProcessor(passWork, wasm.device, work));
    expect(fitOf(q4, large, card).seconds).toBeNull();
  });

  it('counts one row where the pack’s own numbers use no guidance', () => {
    const unguided = { ...q4, defaults: { ...q4.defaults, guidance: 1 } };
    expect(fitOf(unguided, large, wasm).peakBytes).toBeLessThan(fitOf(q4, large, wasm).peakBytes);
  });

  it('lets the embedded model fit everywhere, in seconds', () => {
    const { verdict, peakBytes, seconds } = fitOf(toybox, manifest.defaults, {
      ...wasm,
      deviceBytes: 2 * 2 ** 30,
    });
    expect(verdict).toBe('fits');
    expect(peakBytes).toBeLessThan(0.3 * GB);
    expect(seconds).toBeLessThan(60);
  });
});

describe('the tables', () => {
  it('put packs of the same sizes side by side, and a small model by itself', () => {
    const tables = fitTables([toybox, q4, q8], wasm);
    expect(tables.map(({ columns }) => columns.map(({ title }) => title))).toEqual([
      ['Toybox'],
      ['q4', 'q8'],
    ]);
    expect(tables[0]?.rows.map(({ size }) => size)).toEqual([{ width: 256, height: 256 }]);
    expect(tables[1]?.rows).toHaveLength(4);
    expect(tables[1]?.rows.map(({ cells }) => cells.length)).toEqual([2, 2, 2, 2]);
  });

  it('name a model’s own size where SDXL’s do not', () => {
    expect(sizesFor({ width: 1024, height: 1024 }).at(-1)).toEqual({ width: 1024, height: 1024 });
    expect(sizesFor({ width: 640, height: 640 })).toEqual([
      { width: 512, height: 512 },
      { width: 640, height: 640 },
    ]);
  });
});
