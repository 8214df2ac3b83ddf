import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { resamplerConfigOf } from '../../src/gpu/packing/adapter-config.ts';
import { clipTextParameters, parseClipTextConfig } from '../../src/gpu/networks/clip-text.ts';
import {
  clipVisionParameters,
  clipVisionTensorName,
  parseClipVisionConfig,
} from '../../src/gpu/networks/clip-vision.ts';
import { crossAttentionLayout } from '../../src/gpu/networks/cross-attention-layout.ts';
import { allLoraGroups, crossAttentionLoraGroups } from '../../src/gpu/networks/lora-groups.ts';
import { checkLoraFits, packLoraInputs } from '../../src/gpu/networks/lora-inputs.ts';
import { parseResamplerConfig, resamplerParameters } from '../../src/gpu/networks/resampler.ts';
import { parseUnetConfig } from '../../src/gpu/networks/unet-config.ts';
import {
  adapterNames,
  crossAttentionParameters,
  unetParameters,
} from '../../src/gpu/networks/unet-parameters.ts';
import { parseVaeConfig, vaeDecoderParameters } from '../../src/gpu/networks/vae-decoder.ts';
import { readLora } from '../../src/weights/lora.ts';
import { encodeSafetensors, type SafetensorsInput } from '../../src/weights/safetensors.ts';
import { tensor } from '../../src/weights/test-support.ts';
import type { ParameterSpec } from '../../src/weights/types.ts';

const fileSchema = z.object({
  config: z.record(z.string(), z.unknown()),
  tensors: z.record(z.string(), z.array(z.number().int().positive())),
});

/** What tests/golden/make_full_size.py wrote: the official class's tensors. */
function official(name: string): z.infer<typeof fileSchema> {
  const bytes = readFileSync(new URL(`full-size/${name}.json.gz`, import.meta.url));
  return fileSchema.parse(JSON.parse(gunzipSync(bytes).toString('utf8')));
}

function listed(specs: readonly ParameterSpec[]): Record<string, readonly number[]> {
  const tensors = Object.fromEntries(specs.map(({ name, shape }) => [name, shape]));
  expect(Object.keys(tensors)).toHaveLength(specs.length);
  return tensors;
}

function only<T>(record: Readonly<Record<string, T>>, keep: (name: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => keep(name)));
}

function values(tensors: Readonly<Record<string, readonly number[]>>): number {
  const sizes = Object.values(tensors).map((shape) => shape.reduce((product, size) => product * size, 1));
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe('parameter lists equal the official checkpoints, name by name and shape by shape', () => {
  it('U-Net of SDXL: 2,567,463,684 values', () => {
    const { config, tensors } = official('unet');
    const parsed = parseUnetConfig(config);
    const keysAndValues = crossAttentionParameters(parsed).filter(({ name }) => !name.includes('_ip.'));
    const ours = listed([...unetParameters(parsed), ...keysAndValues]);
    expect(ours).toEqual(tensors);
    expect(values(ours)).toBe(2_567_463_684);
  });

  it('MS-Diffusion adapter: 459.7 M values in three groups', () => {
    const { config, tensors } = official('ms_adapter');
    const resampler = listed(resamplerParameters(parseResamplerConfig(config)));
    expect(resampler).toEqual(only(tensors, (name) => name.startsWith('image_proj.')));
    expect(values(resampler)).toBe(118_943_616);

    const unet = parseUnetConfig(official('unet').config);
    const shapes = listed(crossAttentionParameters(unet).filter(({ name }) => name.includes('_ip.')));
    const adapter = Object.fromEntries(
      [...adapterNames(unet)].map(([key, path]) => [`ms_adapter.${key}`, shapes[path]]),
    );
    expect(adapter).toEqual(only(tensors, (name) => name.startsWith('ms_adapter.')));
    expect(values(only(tensors, (name) => name.startsWith('ms_adapter.')))).toBe(340_787_200);
  });

  it('a RelationLoRA of rank 4 on every cross-attention layer: 560 tensors, 3,143,680 values, 12.66 MB', async () => {
    const config = parseUnetConfig(official('unet').config);
    const rank = 4;
    const tensors = new Map<string, SafetensorsInput>();
    const put = (name: string, shape: readonly [number, number]): void => {
      tensors.set(name, { shape, data: new Float32Array(shape[0] * shape[1]) });
    };
    for (const { path, channels } of crossAttentionLayout(config).layers) {
      for (const name of ['to_q', 'to_k', 'to_v', 'to_out.0']) {
        const inputs = /to_[kv]/.test(name) ? config.contextWidth : channels;
        put(`unet.${path}.${name}.lora.down.weight`, [rank, inputs]);
        put(`unet.${path}.${name}.lora.up.weight`, [channels, rank]);
      }
    }
    const file = encodeSafetensors(tensors);
    expect(tensors.size).toBe(560);
    expect(file.byteLength / 1e6).toBeCloseTo(12.66, 2);
    const { deltas, ignoredKeys } = await readLora(file, 'relation');
    expect(ignoredKeys).toEqual([]);
    expect(new Set(deltas.map(({ path }) => path)).size).toBe(280);
    expect(deltas.reduce((sum, { down, up }) => sum + down.length + up.length, 0)).toBe(3_143_680);
    // The engine takes it: every layer exists and has those widths.
    const [textEncoder, textEncoder2] = (['text_encoder', 'text_encoder_2'] as const).map((name) =>
      parseClipTextConfig(official(name).config),
    );
    if (textEncoder === undefined || textEncoder2 === undefined) throw new Error('There are two encoders.');
    checkLoraFits(allLoraGroups({ unet: config, textEncoder, textEncoder2 }), deltas);
    const packed = packLoraInputs(crossAttentionLoraGroups(config), [{ deltas, weight: 1 }]);
    expect(packed['loraQDown.1280']?.shape).toEqual([60, 1280, 16]);
  });

  it('MS-Diffusion’s Resampler, whose sizes are read from the tensors where no configuration lies beside them', () => {
    const { config, tensors } = official('ms_adapter');
    const adapter = new Map(
      Object.entries(tensors).map(([name, shape]) => tensor(name, shape, new Uint8Array(0))),
    );
    expect(resamplerConfigOf({ name: 'ms_adapter.bin', tensors: adapter, metadata: {} })).toEqual(config);
    expect(() => resamplerConfigOf({ name: 'other.bin', tensors: new Map(), metadata: {} })).toThrow(
      'no MS-Diffusion adapter',
    );
  });

  it.each(['text_encoder', 'text_encoder_2'])('CLIP %s', (name) => {
    const { config, tensors } = official(name);
    const ours = listed(clipTextParameters(parseClipTextConfig(config)));
    expect(ours).toEqual(only(tensors, (tensor) => !tensor.endsWith('position_ids')));
  });

  it('vision tower of CLIP ViT-bigG/14', () => {
    const { config, tensors } = official('image_encoder');
    const parsed = parseClipVisionConfig(config);
    const unknown = Object.keys(tensors).filter(
      (tensor) => clipVisionTensorName(parsed, tensor) === undefined,
    );
    expect(unknown).toEqual(['visual_projection.weight']);
    expect(listed(clipVisionParameters(parsed))).toEqual(
      only(tensors, (tensor) => !unknown.includes(tensor)),
    );

    const projecting = { ...parsed, architectures: ['CLIPVisionModelWithProjection'] };
    expect(listed(clipVisionParameters(projecting))).toEqual(tensors);
  });

  it('decoder of SDXL’s autoencoder', () => {
    const { config, tensors } = official('vae');
    const decoder = (tensor: string): boolean =>
      tensor.startsWith('decoder.') || tensor.startsWith('post_quant_conv.');
    expect(listed(vaeDecoderParameters(parseVaeConfig(config)))).toEqual(only(tensors, decoder));
  });
});
