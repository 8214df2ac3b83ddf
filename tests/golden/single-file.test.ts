import { describe, expect, it } from 'vitest';
import { diskCheckpoint } from '../../src/cli/node-checkpoint.ts';
import { installPack } from '../../src/gpu/packing/install-pack.ts';
import { planPack } from '../../src/gpu/packing/plan-pack.ts';
import { ldmUnetName, ldmVaeName, openClipTextNames } from '../../src/gpu/packing/single-file-names.ts';
import { openSingleFile } from '../../src/gpu/packing/single-file.ts';
import { createNodeRuntime } from '../../src/gpu/runtime/node-runtime.ts';
import { type OpenedPack, openPack } from '../../src/weights/pack-reader.ts';
import { bytesSource } from '../../src/weights/sources.ts';
import { createMemoryStore } from '../../src/weights/stores.ts';
import { safetensorsFile } from '../../src/weights/test-support.ts';
import type { ByteSource, ShardRange } from '../../src/weights/types.ts';
import { TINY_CHECKPOINT } from '../support/golden.ts';
import { singleFileNames, tinySingleFile } from '../support/single-file.ts';
import { goldenDescription, openTinyPack } from '../support/tiny-pack.ts';

describe('names of a whole SDXL in one file', () => {
  it('are those that diffusers’ own converters read, for every tensor of SDXL', () => {
    for (const [original, network, names] of singleFileNames().full) {
      const inside = (prefix: string): string => original.slice(prefix.length);
      switch (network) {
        case 'unet':
          expect([ldmUnetName(inside('model.diffusion_model.'), 2)]).toEqual(names);
          break;
        case 'text_encoder':
          expect([inside('conditioner.embedders.0.transformer.')]).toEqual(names);
          break;
        case 'text_encoder_2':
          expect(openClipTextNames(inside('conditioner.embedders.1.model.'))).toEqual(names);
          break;
        case 'vae': {
          // The encoder is not used.
          const isDecoder = /^(decoder|post_quant_conv)\./.test(names[0] ?? '');
          expect(ldmVaeName(inside('first_stage_model.'), 4)).toBe(isDecoder ? names[0] : undefined);
        }
      }
    }
  });
});

/** The bytes of every tensor, by component and name. */
async function tensorBytes(pack: OpenedPack): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const [component, { tensors }] of pack.components) {
    for (const [name, tensor] of tensors) {
      const ranges: readonly ShardRange[] =
        tensor.kind === 'dense' ? [tensor.data] : [tensor.data, tensor.scales];
      const parts = [];
      for (const { shard, byteOffset, byteLength } of ranges) {
        parts.push((await pack.readShard(shard)).subarray(byteOffset, byteOffset + byteLength));
      }
      found.set(`${component} ${name}`, Buffer.concat(parts));
    }
  }
  return found;
}

describe('a whole SDXL in one file', () => {
  it.each(['fp16', 'q4'] as const)('makes the tensors that the folder makes: %s', async (precision) => {
    const runtime = createNodeRuntime({ threads: 1 });
    const singleFile = bytesSource('sdxl.safetensors', await tinySingleFile());
    const plan = await planPack(diskCheckpoint(TINY_CHECKPOINT), { singleFile });
    const store = createMemoryStore();
    await installPack(plan, store, { ...goldenDescription, precision, runtime });
    await runtime.dispose();
    const found = await tensorBytes(await openPack(store));
    const expected = await tensorBytes(await openTinyPack(precision));
    expect([...found.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
    for (const [name, bytes] of found)
      expect(bytes.equals(expected.get(name) ?? Buffer.of()), name).toBe(true);
  });

  const file = (...names: readonly string[]): ByteSource => {
    const entries = names.map((name, index) => [
      name,
      { dtype: 'F32', shape: [1], data_offsets: [4 * index, 4 * index + 4] },
    ]);
    return bytesSource('model.safetensors', safetensorsFile(Object.fromEntries(entries), 4 * names.length));
  };
  it.each([
    ['Stable Diffusion 1.5', ['cond_stage_model.transformer.text_model.final_layer_norm.weight']],
    ['Stable Diffusion 2', ['cond_stage_model.model.ln_final.weight']],
    ['Stable Diffusion 3', ['model.diffusion_model.joint_blocks.0.x_block.attn.qkv.weight']],
    ['FLUX', ['double_blocks.0.img_attn.qkv.weight']],
    ['FLUX', ['model.diffusion_model.double_blocks.0.img_attn.qkv.weight']],
    ['refiner', ['conditioner.embedders.0.model.ln_final.weight']],
    ['LoRA', ['lora_unet_input_blocks_4_1_proj_in.lora_down.weight']],
    ['not known', ['weight']],
  ])('names %s where SDXL was due', async (family, names) => {
    await expect(openSingleFile(file(...names), { resnets: 2, vaeLevels: 4 })).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringContaining(family) as string,
    });
  });

  it('says which network is missing', async () => {
    const half = file('conditioner.embedders.1.model.ln_final.weight');
    await expect(openSingleFile(half, { resnets: 2, vaeLevels: 4 })).rejects.toMatchObject({
      message: expect.stringContaining('has no unet') as string,
    });
  });
});

describe('a folder of another family', () => {
  it.each([
    ['FluxPipeline', 'FLUX'],
    ['StableDiffusionPipeline', 'Stable Diffusion 1.5 or 2'],
    ['StableDiffusion3Pipeline', 'Stable Diffusion 3'],
    ['WanPipeline', 'WanPipeline'],
  ])('is named: %s', async (pipeline, family) => {
    const disk = diskCheckpoint(TINY_CHECKPOINT);
    const index = new TextEncoder().encode(JSON.stringify({ _class_name: pipeline }));
    const folder = {
      ...disk,
      open: (path: string) =>
        path === 'model_index.json' ? Promise.resolve(bytesSource(path, index)) : disk.open(path),
    };
    await expect(planPack(folder)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringContaining(family) as string,
    });
  });
});
