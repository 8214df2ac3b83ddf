import { describe, expect, it } from 'vitest';
import { diskCheckpoint } from '../../src/cli/node-checkpoint.ts';
import { relativeError } from '../../src/gpu/graph/test-support-node.ts';
import { networksIn, type PackPlan, planPack } from '../../src/gpu/packing/plan-pack.ts';
import { fewStepDefaults } from '../../src/weights/few-step.ts';
import { installNetworks } from '../../src/weights/install/install-networks.ts';
import { transposeBytes } from '../../src/weights/quantize.ts';
import { encodeSafetensors, openSafetensors, type SafetensorsInput } from '../../src/weights/safetensors.ts';
import { bytesSource } from '../../src/weights/sources.ts';
import { createMemoryStore } from '../../src/weights/stores.ts';
import { readFloats } from '../../src/weights/tensor-values.ts';
import { goldenBytes, TINY_CHECKPOINT } from '../support/golden.ts';
import { singleFileNames } from '../support/single-file.ts';

/** Of make_merge_goldens.py. */
const MERGE_WEIGHT = 0.75;
/** Float32 sums in another order than PyTorch's. */
const TOLERANCE = 2e-6;
const FILES = ['diffusers', 'kohya'] as const;

const loraBytes = (name: string): Uint8Array => goldenBytes(`merge/${name}.safetensors`);

function plan(bytes: Uint8Array, weight = MERGE_WEIGHT): Promise<PackPlan> {
  const source = bytesSource('lora.safetensors', bytes);
  return planPack(diskCheckpoint(TINY_CHECKPOINT), { mergeLoras: [{ source, weight }] });
}

/** Every stored float32 weight by "network/parameter", in the checkpoint's own order of axes. */
async function installed(planned: PackPlan): Promise<ReadonlyMap<string, Float32Array>> {
  const store = createMemoryStore();
  const networks = await installNetworks(networksIn(planned, { precision: 'fp32' }), { store });
  const shards = new Map<string, Uint8Array>();
  const weights = new Map<string, Float32Array>();
  for (const [network, { tensors }] of networks) {
    for (const { name, data, shape, ...rest } of tensors) {
      const shard = shards.get(data.shard) ?? (await store.readFile(data.shard));
      shards.set(data.shard, shard);
      const bytes = shard.slice(data.byteOffset, data.byteOffset + data.byteLength);
      const [rows = 0, columns = 0] = shape;
      const turned =
        rest.kind === 'dense' && rest.transposed ? transposeBytes(bytes, columns, rows, 4) : bytes;
      weights.set(`${network}/${name}`, new Float32Array(turned.buffer));
    }
  }
  return weights;
}

async function tensorsOf(bytes: Uint8Array): Promise<Map<string, SafetensorsInput>> {
  const { tensors } = await openSafetensors(bytesSource('file', bytes));
  const read = [...tensors].map(
    async ([name, tensor]) => [name, { shape: tensor.shape, data: await readFloats(tensor) }] as const,
  );
  return new Map(await Promise.all(read));
}

/** As `toEqual` says it, in a hundredth of the time. */
function sameValues(one: Float32Array, other: Float32Array | undefined): boolean {
  return other?.length === one.length && one.every((value, at) => value === other[at]);
}

/** Keys and values of cross-attention are a network of their own here. */
function storedName(name: string): string {
  return /attn2\.to_[kv]\./.test(name) ? name.replace(/^unet\//, 'cross_attention/') : name;
}

/** The kohya file with the original block names, as kohya's own trainer writes them. */
async function originalNames(): Promise<Uint8Array> {
  const underscored = (name: string): string => name.replace(/\.weight$/, '').replaceAll('.', '_');
  const originals = new Map(
    singleFileNames()
      .tiny.filter(([, network, [name = '']]) => network === 'unet' && name.endsWith('.weight'))
      .map(([original, , [name = '']]) => [
        `lora_unet_${underscored(name)}`,
        `lora_unet_${underscored(original.replace('model.diffusion_model.', ''))}`,
      ]),
  );
  const renamed = [...(await tensorsOf(loraBytes('kohya')))].map(([key, tensor]) => {
    const [target = '', ...part] = key.split('.');
    return [[originals.get(target) ?? target, ...part].join('.'), tensor] as const;
  });
  return encodeSafetensors(new Map(renamed));
}

describe('merging a LoRA into the weights that are stored', () => {
  it.each([...FILES, 'kohya with the original block names'])(
    'gives what diffusers fuses, linear layers and convolutions: %s',
    async (name) => {
      const isKnown = FILES.find((file) => file === name);
      const bytes = isKnown === undefined ? await originalNames() : loraBytes(isKnown);
      const merged = await installed(await plan(bytes));
      const plain = await installed(await planPack(diskCheckpoint(TINY_CHECKPOINT)));
      const expected = new Map(
        [...(await tensorsOf(loraBytes('expected')))].map(([key, { data }]) => [storedName(key), data]),
      );
      for (const [weight, values] of merged) {
        const change = expected.get(weight);
        if (change === undefined) expect(sameValues(values, plain.get(weight)), weight).toBe(true);
        else {
          expect(relativeError(values, change), weight).toBeLessThan(TOLERANCE);
          expect(relativeError(plain.get(weight) ?? values, change), weight).toBeGreaterThan(0.01);
        }
      }
      expect([...expected.keys()].filter((weight) => !merged.has(weight))).toEqual([]);
    },
  );

  it('is another install with another weight, and tells where the weights come from', async () => {
    const unet = (await plan(loraBytes('kohya'), 0.5)).networks.find(({ name }) => name === 'unet');
    expect(unet?.source).toMatch(/ \+ lora\.safetensors × 0\.5$/);
    const store = createMemoryStore();
    const install = async (weight: number): Promise<string | undefined> => {
      const networks = networksIn(await plan(loraBytes('kohya'), weight), { precision: 'q4' });
      return (await installNetworks(networks, { store })).get('unet')?.shards[0]?.sha256;
    };
    expect(await install(0.5)).not.toBe(await install(0.25));
  });

  it.each<[string, (tensors: Map<string, SafetensorsInput>) => void, string]>([
    [
      'a part of something else',
      (tensors) => tensors.set('lora_unet_nowhere.lora_up.weight', { shape: [1], data: Float32Array.of(1) }),
      'does not have',
    ],
    [
      'a key that is no LoRA',
      (tensors) => tensors.set('lora_unet_conv_in.diff', { shape: [1], data: Float32Array.of(1) }),
      'no part of a LoRA',
    ],
    ['half a layer', (tensors) => tensors.delete('lora_unet_conv_in.lora_up.weight'), 'no up matrix'],
    [
      'a matrix of another model',
      (tensors) =>
        tensors.set('lora_unet_conv_in.lora_down.weight', { shape: [2, 9], data: new Float32Array(18) }),
      'do not fit',
    ],
  ])('refuses %s', async (_, change, message) => {
    const tensors = await tensorsOf(loraBytes('kohya'));
    change(tensors);
    await expect(plan(encodeSafetensors(tensors))).rejects.toMatchObject({
      code: 'bad-lora',
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    ['https://hub/latent-consistency/lcm-lora-sdxl/resolve/main/pytorch_lora_weights.safetensors', 'lcm', 8],
    ['sdxl_lightning_4step_lora.safetensors', 'euler-trailing', 4],
    ['alchemist.safetensors', undefined, undefined],
  ])('brings sampler and steps of %s', (name, sampler, steps) => {
    const found = fewStepDefaults([name]);
    expect([found?.sampler, found?.steps]).toEqual([sampler, steps]);
  });
});
