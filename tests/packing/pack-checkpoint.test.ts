import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { diskCheckpoint } from '../../src/cli/node-checkpoint.ts';
import type { CheckpointFolder } from '../../src/weights/types.ts';
import { createLoraLibrary } from '../../src/gpu/pipeline/lora-library.ts';
import { loadModel } from '../../src/gpu/pipeline/model.ts';
import { COMPONENTS } from '../../src/weights/pack-manifest.ts';
import { MANIFEST_FILE, openPack } from '../../src/weights/pack-reader.ts';
import { packFiles } from '../../src/weights/install/copy-pack.ts';
import { bytesSource } from '../../src/weights/sources.ts';
import { createMemoryStore } from '../../src/weights/stores.ts';
import { TINY_CHECKPOINT } from '../support/golden.ts';
import { writeTinyPack } from '../support/tiny-pack.ts';

const tiny = diskCheckpoint(TINY_CHECKPOINT);

/** The golden checkpoint with files taken away (undefined) or replaced. */
function tinyWith(changes: Readonly<Record<string, Uint8Array | undefined>>): CheckpointFolder {
  return {
    ...tiny,
    open(path) {
      if (!(path in changes)) return tiny.open(path);
      const bytes = changes[path];
      return Promise.resolve(bytes === undefined ? undefined : bytesSource(path, bytes));
    },
  };
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('packCheckpoint', () => {
  it('makes a pack that opens, with every network, tokenizer and RelationLoRA', async () => {
    const store = createMemoryStore();
    await writeTinyPack(store);
    const pack = await openPack(store);
    expect([...pack.components.keys()].toSorted()).toEqual([...COMPONENTS].toSorted());
    const { manifest } = pack;
    for (const component of Object.values(manifest.components)) {
      for (const { file, byteLength } of component.shards) {
        expect(await pack.readShard(file)).toHaveLength(byteLength);
      }
    }
    expect(manifest.relationLoras.map(({ id }) => id)).toEqual(['hugging', 'riding']);
    const listed = [
      ...manifest.tokenizers.flatMap(({ vocab, merges }) => [vocab, merges]),
      ...manifest.relationLoras.map(({ file }) => file),
    ];
    for (const file of listed) expect(await pack.readFile(file)).toHaveLength(file.byteLength);
    // Every config.json passes its network's own parser.
    const model = await loadModel(pack);
    expect(manifest.previewMatrix).toHaveLength(model.vae.config.latentChannels + 1);
    for (const row of manifest.previewMatrix) for (const value of row) expect(value).toBeTypeOf('number');
    const bias = manifest.previewMatrix.at(-1) ?? [];
    for (const value of bias) expect(Math.abs(value - 0.5)).toBeLessThan(0.5);
  });

  it('keeps the keys and values of both branches apart from the rest of the U-Net', async () => {
    const store = createMemoryStore();
    await writeTinyPack(store);
    const { components } = await openPack(store);
    const names = (component: 'cross_attention' | 'unet'): readonly string[] => [
      ...(components.get(component)?.tensors.keys() ?? []),
    ];
    const keysAndValues = /\.attn2\.to_[kv](_ip)?\.weight$/;
    expect(names('cross_attention').filter((name) => !keysAndValues.test(name))).toEqual([]);
    expect(names('unet').filter((name) => keysAndValues.test(name))).toEqual([]);
    const ofImages = names('cross_attention').filter((name) => name.endsWith('_ip.weight'));
    expect(ofImages).toHaveLength(names('cross_attention').length / 2);
  });

  it.each([
    ['pairs', (left: string, right: string): unknown => [left, right]],
    ['texts', (left: string, right: string): unknown => `${left} ${right}`],
  ])('takes a tokenizer.json, merges as %s, instead of vocabulary and merges', async (_, merge) => {
    const read = async (file: string): Promise<string> => {
      const source = await tiny.open(`tokenizer/${file}`);
      return new TextDecoder().decode(await source?.read(0, source.byteLength));
    };
    const [version, ...lines] = (await read('merges.txt')).trim().split('\n');
    expect(version).toContain('#version');
    const merges = lines.map((line) => merge(...z.tuple([z.string(), z.string()]).parse(line.split(' '))));
    const model = { type: 'BPE', vocab: JSON.parse(await read('vocab.json')) as unknown, merges };
    const store = createMemoryStore();
    const changes = {
      'tokenizer/vocab.json': undefined,
      'tokenizer/merges.txt': undefined,
      'tokenizer/tokenizer.json': text(JSON.stringify({ model })),
    };
    await writeTinyPack(store, 'fp32', tinyWith(changes));
    const usual = createMemoryStore();
    await writeTinyPack(usual);
    const [found] = (await loadModel(await openPack(store))).tokenizers;
    const [expected] = (await loadModel(await openPack(usual))).tokenizers;
    const sentence = "two bears' hugging rabbits in 2024";
    expect(found.encode(sentence)).toEqual(expected.encode(sentence));
  });

  it('brings the few-step LoRA that lies beside the model, with what it was distilled for', async () => {
    const store = createMemoryStore();
    await writeTinyPack(store);
    expect((await openPack(store)).manifest.fewSteps).toBeUndefined();
    const file = 'pytorch_lora_weights.safetensors';
    const lora = await tiny.open(`relation-loras/hugging/${file}`);
    const bytes = await lora?.read(0, lora.byteLength);
    await writeTinyPack(store, 'fp32', tinyWith({ [`few-steps/${file}`]: bytes }));
    const pack = await openPack(store);
    const { fewSteps } = pack.manifest;
    expect(fewSteps).toMatchObject({ sampler: 'euler-trailing', steps: 2, guidance: 1 });
    expect(packFiles(pack.manifest)).toContainEqual(fewSteps?.file);
    const library = createLoraLibrary(pack, await loadModel(pack));
    const use = (name: string): Promise<unknown> => library.resolve([{ lora: name, weight: 1 }]);
    expect(await use('few-steps')).toEqual(await use('hugging'));
    const unsound = tinyWith({ [`few-steps/${file}`]: text('a web page') });
    await expect(writeTinyPack(store, 'fp32', unsound)).rejects.toMatchObject({ code: 'bad-lora' });
  });

  it('does without a local encoder', async () => {
    const store = createMemoryStore();
    await writeTinyPack(store, 'fp32', tinyWith({ 'local_encoder/config.json': undefined }));
    expect((await openPack(store)).components.has('local_encoder')).toBe(false);
  });

  it.each<[string, Readonly<Record<string, Uint8Array | undefined>>, string, string]>([
    ['a config', { 'unet/config.json': undefined }, 'bad-checkpoint', 'no file "unet/config.json"'],
    [
      'weights',
      { 'vae/diffusion_pytorch_model.safetensors': undefined },
      'bad-checkpoint',
      'has no diffusion_pytorch_model.safetensors',
    ],
    ['the adapter', { 'ms_adapter.safetensors': undefined }, 'bad-checkpoint', 'ms_adapter'],
    ['a vocabulary', { 'tokenizer_2/vocab.json': undefined }, 'bad-checkpoint', 'tokenizer_2/vocab.json'],
    [
      'a tokenizer.json of byte pairs',
      {
        'tokenizer/vocab.json': undefined,
        'tokenizer/tokenizer.json': text('{"model": {"type": "WordPiece", "vocab": {}}}'),
      },
      'bad-checkpoint',
      'tokenizer/tokenizer.json',
    ],
    ['the pad token', { 'tokenizer/vocab.json': text('{"a": 0}') }, 'bad-checkpoint', 'lacks its pad token'],
    [
      'a readable config',
      { 'text_encoder/config.json': text('{') },
      'bad-checkpoint',
      '"text_encoder/config.json"',
    ],
    [
      'a readable RelationLoRA',
      { 'relation-loras/riding/pytorch_lora_weights.safetensors': text('a web page') },
      'bad-lora',
      'relation-loras/riding/',
    ],
  ])('names what is missing, and leaves no manifest: %s', async (_, changes, code, message) => {
    const store = createMemoryStore();
    await expect(writeTinyPack(store, 'fp32', tinyWith(changes))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
    await expect(store.readFile(MANIFEST_FILE)).rejects.toMatchObject({ code: 'bad-pack' });
  });
});
