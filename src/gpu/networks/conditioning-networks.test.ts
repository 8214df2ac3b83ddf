import { afterAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import type { ParameterSpec } from '../../weights/types.ts';
import { elementCount } from '../graph/graph.ts';
import { floats, randomComponent, relativeError } from '../graph/test-support-node.ts';
import { createNodeRuntime } from '../runtime/node-runtime.ts';
import { hostTensor, type GraphModel, type HostTensor } from '../runtime/runtime.ts';
import { buildClipText, clipTextParameters, clipTextTensorName, parseClipTextConfig } from './clip-text.ts';
import {
  buildClipVision,
  clipVisionParameters,
  clipVisionTensorName,
  parseClipVisionConfig,
} from './clip-vision.ts';
import { fourierFeatures } from './fourier.ts';
import { buildResampler, parseResamplerConfig, resamplerParameters } from './resampler.ts';

const runtime = createNodeRuntime({ threads: 1 });
afterAll(() => runtime.dispose());

type ReadShard = (shard: string) => Promise<Uint8Array>;

async function run(
  model: GraphModel,
  readShard: ReadShard,
  inputs: Readonly<Record<string, HostTensor>>,
): Promise<(name: string) => HostTensor> {
  const session = await runtime.createSession(model, readShard);
  const outputs = await session.run(inputs);
  await session.dispose();
  return (name) => {
    const output = outputs[name];
    if (output?.location !== 'host') throw new Error(`Expected an output "${name}".`);
    return output;
  };
}

const noise = (seed: number, count: number): number[] => {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => random.uniform(-1, 1));
};
const numbers = (tensor: HostTensor, start = 0, end?: number): number[] =>
  Array.from(tensor.data.slice(start, end), Number);
const total = (specs: readonly ParameterSpec[]): number =>
  specs.reduce((sum, { shape }) => sum + elementCount(shape), 0);

const tower = { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 2, num_attention_heads: 2 };

describe('Fourier features', () => {
  it('equal the values of the reference implementation', () => {
    const features = fourierFeatures([0.25, 0.25, 0.75, 0.75]);
    const expected = [
      0.247404, 0.247404, 0.681639, 0.681639, 0.968912, 0.968912, 0.731689, 0.731689, 0.43007, 0.43007,
      0.972026, 0.972026, 0.902796, 0.902796, 0.234872, 0.234872,
    ];
    expect(features).toHaveLength(64);
    expect(relativeError(features.slice(0, 16), expected)).toBeLessThan(1e-6);
  });
});

describe('the text towers', () => {
  const config = parseClipTextConfig({
    ...tower,
    architectures: ['CLIPTextModelWithProjection'],
    vocab_size: 20,
    max_position_embeddings: 8,
    projection_dim: 6,
    hidden_act: 'gelu',
  });
  const { component, readShard } = randomComponent(clipTextParameters(config), 1);
  const encode = (ids: readonly number[], eos: number): ReturnType<typeof run> =>
    run(buildClipText(config, component, { batch: 1 }), readShard, {
      ids: hostTensor('int64', [1, 8], BigInt64Array.from(ids, BigInt)),
      eos: hostTensor('int64', [1], BigInt64Array.of(BigInt(eos))),
    });

  it('let a token change itself and what follows, never what precedes', async () => {
    const a = await encode([1, 5, 6, 7, 19, 19, 19, 19], 4);
    const b = await encode([1, 5, 6, 8, 19, 19, 19, 19], 4);
    expect(a('hidden').shape).toEqual([1, 8, 16]);
    expect(a('pooled').shape).toEqual([1, 6]);
    expect(numbers(a('hidden'), 0, 48)).toEqual(numbers(b('hidden'), 0, 48));
    expect(relativeError(numbers(a('hidden'), 48), numbers(b('hidden'), 48))).toBeGreaterThan(0.05);
    expect(relativeError(numbers(a('pooled')), numbers(b('pooled')))).toBeGreaterThan(0.05);
  });

  it('pool at the end token that is named', async () => {
    const ids = [1, 5, 6, 7, 19, 19, 19, 19];
    const [at4, at3] = [await encode(ids, 4), await encode(ids, 3)];
    expect(relativeError(numbers(at4('pooled')), numbers(at3('pooled')))).toBeGreaterThan(0.05);
  });

  it('have the parameters of the two encoders of SDXL', () => {
    const large = parseClipTextConfig({
      architectures: ['CLIPTextModel'],
      hidden_size: 768,
      intermediate_size: 3072,
      num_hidden_layers: 12,
      num_attention_heads: 12,
      vocab_size: 49408,
      max_position_embeddings: 77,
      projection_dim: 768,
    });
    const big = parseClipTextConfig({
      architectures: ['CLIPTextModelWithProjection'],
      hidden_size: 1280,
      intermediate_size: 5120,
      num_hidden_layers: 32,
      num_attention_heads: 20,
      vocab_size: 49408,
      max_position_embeddings: 77,
      projection_dim: 1280,
    });
    expect(total(clipTextParameters(large))).toBe(123_060_480);
    expect(total(clipTextParameters(big))).toBe(694_659_840);
  });

  it('know their tensors with and without the old prefix, and pass over buffers', () => {
    const plain = { ...config, architectures: ['CLIPTextModel' as const] };
    expect(clipTextTensorName(plain, 'final_layer_norm.bias')).toBe('text_model.final_layer_norm.bias');
    expect(clipTextTensorName(plain, 'text_model.final_layer_norm.bias')).toBe(
      'text_model.final_layer_norm.bias',
    );
    expect(clipTextTensorName(plain, 'text_model.embeddings.position_ids')).toBeUndefined();
    expect(clipTextTensorName(plain, 'text_projection.weight')).toBeUndefined();
    expect(clipTextTensorName(config, 'text_projection.weight')).toBe('text_projection.weight');
  });

  it('refuse other networks', () => {
    expect(() => parseClipTextConfig({ ...tower, architectures: ['BertModel'] })).toThrow(
      'CLIP text encoder',
    );
  });
});

describe('the vision tower', () => {
  const config = parseClipVisionConfig({
    vision_config: { ...tower, image_size: 16, patch_size: 4, hidden_act: 'gelu' },
  });
  const { component, readShard } = randomComponent(clipVisionParameters(config), 2);
  const size = 3 * 16 * 16;
  const [one, other] = [noise(3, size), noise(4, size)];
  const encode = (photos: readonly (readonly number[])[], localGrid = 2): ReturnType<typeof run> => {
    const options = { batch: photos.length, outputs: ['hidden', 'local'], localGrid } as const;
    return run(buildClipVision(config, component, options), readShard, {
      pixels: floats([photos.length, 3, 16, 16], photos.flat()),
    });
  };

  it('gives each photo its own global and local tokens', async () => {
    const pair = await encode([one, other]);
    const alone = await encode([other]);
    expect(pair('hidden').shape).toEqual([2, 17, 16]);
    expect(pair('local').shape).toEqual([2, 4, 16]);
    for (const name of ['hidden', 'local']) {
      const half = pair(name).data.length / 2;
      expect(relativeError(numbers(pair(name), half), numbers(alone(name)))).toBeLessThan(1e-6);
      expect(relativeError(numbers(pair(name), 0, half), numbers(alone(name)))).toBeGreaterThan(0.1);
    }
  });

  it('pools unit vectors cell by cell', async () => {
    const fine = (await encode([one], 4))('local');
    const coarse = (await encode([one], 2))('local');
    const patch = (row: number, column: number): number[] =>
      numbers(fine, (4 * row + column) * 16, (4 * row + column + 1) * 16);
    for (const [row, column] of [
      [0, 0],
      [3, 1],
    ] as const) {
      expect(Math.hypot(...patch(row, column))).toBeCloseTo(1, 5);
    }
    const cell = [patch(2, 0), patch(2, 1), patch(3, 0), patch(3, 1)];
    const mean = Array.from(
      { length: 16 },
      (_, c) => cell.reduce((sum, unit) => sum + (unit[c] ?? 0), 0) / 4,
    );
    expect(relativeError(numbers(coarse, 2 * 16, 3 * 16), mean)).toBeLessThan(1e-5);
  });

  it('refuses a grid that does not divide the patches', () => {
    const options = { batch: 1, outputs: ['local'], localGrid: 3 } as const;
    expect(() => buildClipVision(config, component, options)).toThrow('3×3 grid');
  });

  it('asks for the projection when pictures are to be compared with texts', () => {
    const options = { batch: 1, outputs: ['embeds'] } as const;
    expect(() => buildClipVision(config, component, options)).toThrow('visual_projection');
  });

  it('passes over what a whole CLIP checkpoint holds besides', () => {
    expect(clipVisionTensorName(config, 'visual_projection.weight')).toBeUndefined();
    expect(clipVisionTensorName(config, 'text_model.final_layer_norm.bias')).toBeUndefined();
    expect(clipVisionTensorName(config, 'logit_scale')).toBeUndefined();
    expect(clipVisionTensorName(config, 'vision_model.embeddings.class_embedding')).toBe(
      'vision_model.embeddings.class_embedding',
    );
  });
});

describe('the Resampler', () => {
  const sizes = { dim: 16, depth: 2, dim_head: 8, heads: 2, num_queries: 4, ff_mult: 4 };
  const config = parseResamplerConfig({
    ...sizes,
    embedding_dim: 12,
    output_dim: 20,
    phrase_embeddings_dim: 10,
  });
  const { component, readShard } = randomComponent(resamplerParameters(config), 5);
  const tokens = noise(6, 5 * 12);
  const resample = (tokenRows: readonly number[], box: readonly [number, number, number, number]) =>
    run(buildResampler(config, component, { objects: 1, tokenCount: 5 }), readShard, {
      tokens: floats([1, 5, 12], tokenRows),
      phrase: floats([1, 10], noise(7, 10)),
      fourier: floats([1, 64], fourierFeatures(box)),
    });

  it('does not care for the order of the photo tokens, but for photo and box', async () => {
    const box = [0.1, 0.2, 0.5, 0.9] as const;
    const base = (await resample(tokens, box))('objectTokens');
    expect(base.shape).toEqual([1, 4, 20]);
    const rotated = (await resample([...tokens.slice(24), ...tokens.slice(0, 24)], box))('objectTokens');
    expect(relativeError(numbers(rotated), numbers(base))).toBeLessThan(1e-5);
    const moved = (await resample(tokens, [0.4, 0.2, 0.8, 0.9]))('objectTokens');
    expect(relativeError(numbers(moved), numbers(base))).toBeGreaterThan(0.02);
    const other = (await resample(noise(8, 60), box))('objectTokens');
    expect(relativeError(numbers(other), numbers(base))).toBeGreaterThan(0.02);
  });

  it('has the parameters of the published adapter', () => {
    const published = resamplerParameters(
      parseResamplerConfig({
        dim: 1280,
        depth: 4,
        dim_head: 64,
        heads: 20,
        num_queries: 16,
        embedding_dim: 1664,
        output_dim: 2048,
        ff_mult: 4,
        phrase_embeddings_dim: 768,
      }),
    );
    expect(published).toHaveLength(59);
    expect(total(published)).toBe(118_943_616);
  });
});
