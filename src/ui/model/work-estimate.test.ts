import { describe, expect, it } from 'vitest';
import { officialUnet } from '../../../tests/full-size/synthetic-unet.ts';
import { passWorkOf } from '../../gpu/pipeline/pass-work.ts';
import { macsPerPass, secondsOnProcessor } from './work-estimate.ts';

const data = { shard: 'unet-0.bin', byteOffset: 0, byteLength: 0 };
const { config, tensors } = officialUnet();
const network = (
  networkConfig: Record<string, unknown>,
  shapes: Readonly<Record<string, readonly number[]>>,
) => ({
  config: networkConfig,
  precision: 'q4' as const,
  shards: [],
  tensors: Object.entries(shapes).map(([name, shape]) => ({
    kind: 'dense' as const,
    name,
    shape,
    type: 'float32' as const,
    transposed: false,
    data,
  })),
});
/** SDXL, by the shapes of the official class. */
const sdxl = passWorkOf({
  components: {
    unet: network(config, tensors),
    vae: network({ block_out_channels: [128, 256, 512, 512] }, {}),
  },
});
if (sdxl === null) throw new Error('SDXL has blocks to count');
const size = { width: 1024, height: 1024 };
const work = { ...size, steps: 30, guidance: 5, pictures: 1 };

describe('what a picture takes', () => {
  it('is 3.4 T multiply-adds a pass of SDXL at 1024×1024, 3.0 of them with weights, and less at smaller sizes', () => {
    const macs = macsPerPass(sdxl, size);
    expect(macs / 1e12).toBeGreaterThan(3.3);
    expect(macs / 1e12).toBeLessThan(3.4);
    expect(macsPerPass(sdxl, { width: 512, height: 512 })).toBeLessThan(macs / 4);
  });

  it('is hours on two threads of WebAssembly, and unknown on a graphics card', () => {
    const seconds = secondsOnProcessor(sdxl, { provider: 'wasm', threads: 2 }, work) ?? 0;
    expect(seconds / 3600).toBeGreaterThan(1);
    expect(seconds / 3600).toBeLessThan(3);
    expect(secondsOnProcessor(sdxl, { provider: 'wasm', threads: 2 }, { ...work, guidance: 1 })).toBe(
      seconds / 2,
    );
    expect(secondsOnProcessor(sdxl, { provider: 'webgpu', threads: 1 }, work)).toBeNull();
  });
});
