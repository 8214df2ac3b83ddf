import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeSafetensors } from '../../weights/safetensors.ts';
import { bytesSource } from '../../weights/sources.ts';
import type { CheckpointFolder } from '../../weights/types.ts';
import { openWeights, readJson } from './checkpoint-folder.ts';

function folderOf(files: Readonly<Record<string, Uint8Array | object>>): CheckpointFolder {
  return {
    name: 'model',
    open(path) {
      const file = files[path];
      if (file === undefined) return Promise.resolve(undefined);
      const bytes = file instanceof Uint8Array ? file : new TextEncoder().encode(JSON.stringify(file));
      return Promise.resolve(bytesSource(path, bytes));
    },
    listFolders: () => Promise.resolve([]),
  };
}

function weights(...names: readonly string[]): Uint8Array {
  return encodeSafetensors(new Map(names.map((name) => [name, { shape: [1], data: Float32Array.of(1) }])));
}

const namesIn = async (files: Readonly<Record<string, Uint8Array | object>>): Promise<readonly string[]> => {
  const { tensors } = await openWeights(folderOf(files), 'unet', 'weights');
  return [...tensors.keys()];
};

const INDEX = 'unet/weights.safetensors.index.json';

describe('openWeights', () => {
  it('takes the file of half the size first, then the full one, then the shards', async () => {
    const half = { 'unet/weights.fp16.safetensors': weights('half') };
    const full = { 'unet/weights.safetensors': weights('full') };
    const sharded = {
      [INDEX]: { metadata: {}, weight_map: { b: '2.safetensors', a: '1.safetensors' } },
      'unet/1.safetensors': weights('a', 'not listed'),
      'unet/2.safetensors': weights('b'),
    };
    expect(await namesIn({ ...half, ...full, ...sharded })).toEqual(['half']);
    expect(await namesIn({ ...full, ...sharded })).toEqual(['full']);
    expect((await namesIn(sharded)).toSorted()).toEqual(['a', 'b']);
  });

  it('asks for files of the folder itself by their bare names', async () => {
    const folder = folderOf({ 'ms_adapter.safetensors': weights('image_proj.norm') });
    expect([...(await openWeights(folder, '.', 'ms_adapter')).tensors.keys()]).toEqual(['image_proj.norm']);
  });

  it.each<[string, Readonly<Record<string, Uint8Array | object>>, string]>([
    ['no weights at all', {}, 'no weights.safetensors'],
    ['a shard that is missing', { [INDEX]: { weight_map: { a: '1.safetensors' } } }, 'names "1.safetensors"'],
    [
      'a tensor that no shard holds',
      { [INDEX]: { weight_map: { a: '1.safetensors' } }, 'unet/1.safetensors': weights('b') },
      'lists "a", but no shard',
    ],
    [
      'a shard outside its folder',
      { [INDEX]: { weight_map: { a: '../1.safetensors' } }, '1.safetensors': weights('a') },
      'a shard is a file beside its index',
    ],
    ['a PyTorch file that is none', { 'unet/weights.bin': new Uint8Array(64) }, 'not a sound PyTorch file'],
    ['an index without a map', { [INDEX]: { files: [] } }, 'weight_map'],
    ['an index that is not JSON', { [INDEX]: Uint8Array.of(0x7b) }, 'index.json" of "model" cannot be read'],
  ])('refuses %s', async (_, files, message) => {
    await expect(namesIn(files)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringContaining(message) as string,
    });
  });
});

describe('readJson', () => {
  it('says which field of which file is wrong', async () => {
    const folder = folderOf({ 'unet/config.json': { width: 'wide' } });
    const schema = z.object({ width: z.number() });
    await expect(readJson(folder, 'unet/config.json', schema)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringMatching(/"unet\/config.json" of "model".*width/s) as string,
    });
    await expect(readJson(folder, 'vae/config.json', schema)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringContaining('no file "vae/config.json"') as string,
    });
  });
});
