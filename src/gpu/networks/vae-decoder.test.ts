import { afterAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import { randomComponent, relativeError } from '../graph/test-support-node.ts';
import { createNodeRuntime } from '../runtime/node-runtime.ts';
import { hostTensor } from '../runtime/runtime.ts';
import {
  buildVaeDecoder,
  parseVaeConfig,
  vaeDecoderParameters,
  type VaeDecoderOptions,
} from './vae-decoder.ts';

const runtime = createNodeRuntime({ threads: 1 });
afterAll(() => runtime.dispose());

const sdxl = {
  act_fn: 'silu',
  block_out_channels: [128, 256, 512, 512],
  latent_channels: 4,
  layers_per_block: 2,
  norm_num_groups: 32,
  scaling_factor: 0.13025,
  up_block_types: Array.from({ length: 4 }, () => 'UpDecoderBlock2D'),
};
const tiny = {
  ...sdxl,
  block_out_channels: [16, 32],
  up_block_types: sdxl.up_block_types.slice(2),
  norm_num_groups: 8,
};

async function decode(
  raw: unknown,
  latents: readonly number[],
  options: VaeDecoderOptions,
): Promise<{ readonly shape: readonly number[]; readonly data: readonly number[] }> {
  const config = parseVaeConfig(raw);
  const { component, readShard } = randomComponent(vaeDecoderParameters(config), 11);
  const session = await runtime.createSession(buildVaeDecoder(config, component, options), readShard);
  const shape = [1, config.latentChannels, options.latentHeight, options.latentWidth];
  const { image } = await session.run({ latents: hostTensor('float32', shape, Float32Array.from(latents)) });
  if (image?.location !== 'host') throw new Error('Expected the image in host memory.');
  return { shape: image.shape, data: Array.from(image.data, Number) };
}

const random = createRandom(12);
const latents = Array.from({ length: 4 * 6 * 4 }, () => random.uniform(-1, 1));
const size = { latentHeight: 6, latentWidth: 4 };

describe('the VAE decoder', () => {
  it('asks for the 140 tensors of SDXL’s decoder', () => {
    const specs = vaeDecoderParameters(parseVaeConfig(sdxl));
    expect(specs).toHaveLength(140);
    const count = specs.reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0);
    // The decoder has 49,490,179 parameters, post_quant_conv 20.
    expect(count).toBe(49_490_199);
  });

  it('gives a picture of factor × the latent size, independent of attention chunks', async () => {
    const whole = await decode(tiny, latents, size);
    expect(whole.shape).toEqual([1, 3, 12, 8]);
    const chunked = await decode(tiny, latents, { ...size, attention: { fused: false, maxScoreBytes: 500 } });
    expect(relativeError(chunked.data, whole.data)).toBeLessThan(1e-5);
  });

  it('leaves out what the config leaves out', async () => {
    const plain = { ...tiny, use_post_quant_conv: false, mid_block_add_attention: false };
    const names = vaeDecoderParameters(parseVaeConfig(plain)).map(({ name }) => name);
    expect(names.filter((name) => /post_quant|attentions/.test(name))).toEqual([]);
    expect((await decode(plain, latents, size)).shape).toEqual([1, 3, 12, 8]);
  });

  it('refuses configs it cannot run by name', () => {
    expect(() => parseVaeConfig({ ...tiny, act_fn: 'relu' })).toThrow(/act_fn/);
    expect(() => parseVaeConfig({ ...tiny, up_block_types: ['UpDecoderBlock2D'] })).toThrow(
      /as many up_block_types/,
    );
    expect(() => parseVaeConfig({ ...tiny, norm_num_groups: 7 })).toThrow(/norm_num_groups divides/);
  });
});
