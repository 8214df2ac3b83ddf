import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError } from '../shared/errors.ts';
import type { Precision } from './pack-manifest.ts';
import { createFolderStore } from './node-store.ts';
import { packComponent, type PackComponentInput } from './pack-writer.ts';
import { openPack } from './pack-reader.ts';
import { createMemoryStore, type WritableStore } from './stores.ts';
import { tensor } from './test-support.ts';
import type { ParameterSpec } from './types.ts';

const PARAMETERS: readonly ParameterSpec[] = [
  { name: 'embed', shape: [3, 2], role: 'embedding' },
  { name: 'fc.weight', shape: [2, 40], role: 'linear' },
  { name: 'conv.weight', shape: [2, 1, 3, 3], role: 'conv' },
  { name: 'norm', shape: [2], role: 'exact' },
];
const ramp = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => index - length / 2);
const TENSORS = [
  tensor('embed', [3, 2], ramp(6)),
  tensor('fc.weight', [2, 40], ramp(80)),
  tensor('conv.weight', [2, 1, 3, 3], ramp(18)),
  tensor('norm', [2], Float32Array.of(0.1, 0.2)),
];

function input(precision: Precision, some: Partial<PackComponentInput> = {}): PackComponentInput {
  return {
    name: 'unet',
    config: { answer: 42 },
    parameters: PARAMETERS,
    tensors: new Map(TENSORS),
    precision,
    source: 'fixture',
    ...some,
  };
}

/** A whole pack with one component, and the manifest as an object that a test may spoil. */
async function makePack(precision: Precision = 'fp32', maxShardBytes?: number) {
  const store = createMemoryStore('memory');
  const extra = maxShardBytes === undefined ? {} : { maxShardBytes };
  const component = await packComponent(input(precision, extra), store);
  const file = { file: 'vocab.json', byteLength: 2, sha256: '0'.repeat(64) };
  const tokenizer = { vocab: file, merges: file, padTokenId: 0 };
  await store.writeFile('vocab.json', new TextEncoder().encode('{}'));
  const manifest = {
    format: 'relationbooth-pack',
    version: 1,
    id: 'test',
    title: 'Test',
    description: '',
    limits: '',
    licence: { name: 'MIT', url: '' },
    defaults: {
      steps: 1,
      sampler: 'euler',
      guidance: 1,
      identityScale: 1,
      localTokens: true,
      width: 64,
      height: 64,
      negativePrompt: '',
    },
    scheduler: {},
    tokenizers: [tokenizer, tokenizer],
    preprocessor: {},
    previewMatrix: [],
    components: { unet: component },
    relationLoras: [],
  };
  await writeManifest(store, manifest);
  return { store, component, manifest };
}

function writeManifest(store: WritableStore, manifest: unknown): Promise<void> {
  return store.writeFile('pack.json', new TextEncoder().encode(JSON.stringify(manifest)));
}

const fault = (code: string, message: string): object => ({
  code,
  message: expect.stringContaining(message) as string,
});

describe('packComponent', () => {
  it.each([
    ['fp32', ['dense float32', 'dense float32', 'dense float32', 'dense float32']],
    ['fp16', ['dense float16', 'dense float16', 'dense float16', 'dense float32']],
    ['q8', ['dense float16', 'matmul-nbits 8', 'conv-int8', 'dense float32']],
    ['q4', ['dense float16', 'matmul-nbits 4', 'conv-int8', 'dense float32']],
  ] as const)('stores each role as %s says', async (precision, kinds) => {
    const { tensors } = await packComponent(input(precision), createMemoryStore());
    const found = tensors.map((one) => {
      if (one.kind === 'dense') return `dense ${one.type}`;
      return one.kind === 'matmul-nbits' ? `matmul-nbits ${one.bits}` : one.kind;
    });
    expect(found).toEqual(kinds);
  });

  it('transposes dense linear weights and aligns every range', async () => {
    const store = createMemoryStore();
    const { tensors, shards } = await packComponent(input('fp32'), store);
    for (const { data } of tensors) expect(data.byteOffset % 64).toBe(0);
    const bytes = await store.readFile(shards[0]?.file ?? '');
    expect(bytes).toHaveLength(shards[0]?.byteLength ?? 0);
    const linear = tensors[1];
    if (linear?.kind !== 'dense') throw new Error('Expected a dense tensor.');
    expect(linear.transposed).toBe(true);
    const start = linear.data.byteOffset;
    const values = new Float32Array(bytes.slice(start, start + linear.data.byteLength).buffer);
    expect([...values.subarray(0, 4)]).toEqual([-40, 0, -39, 1]);
  });

  it('starts another shard when one is full, and replaces what an earlier run left', async () => {
    const store = createMemoryStore();
    await store.writeFile('unet-0.bin', new Uint8Array(7));
    const { tensors, shards } = await packComponent(input('fp32', { maxShardBytes: 300 }), store);
    expect(tensors.map(({ data }) => data.shard)).toEqual([
      'unet-0.bin',
      'unet-1.bin',
      'unet-2.bin',
      'unet-2.bin',
    ]);
    for (const { file, byteLength } of shards) expect(await store.readFile(file)).toHaveLength(byteLength);
  });

  it.each([
    ['a missing tensor', { tensors: new Map(TENSORS.slice(1)) }, 'lacks 1 tensors of unet: "embed"'],
    [
      'a tensor left over',
      { tensors: new Map([...TENSORS, tensor('lost', [1], ramp(1))]) },
      'does not know: "lost"',
    ],
    [
      'another shape',
      { tensors: new Map([...TENSORS, tensor('norm', [3], ramp(3))]) },
      'is [3], but unet needs [2]',
    ],
    [
      'a value that is not a number',
      { tensors: new Map([...TENSORS, tensor('norm', [2], Float32Array.of(0, NaN))]) },
      'Tensor "norm" holds NaN at position 1',
    ],
    [
      'an infinite value',
      { tensors: new Map([...TENSORS, tensor('norm', [2], Float32Array.of(-Infinity, 0))]) },
      'Tensor "norm" holds -Infinity at position 0',
    ],
    [
      'integers',
      { tensors: new Map([...TENSORS, tensor('norm', [2], new BigInt64Array(2), 'I64')]) },
      'holds I64 values',
    ],
    [
      'a value too large for float16',
      { tensors: new Map([...TENSORS, tensor('embed', [3, 2], ramp(6).fill(7e4, 3))]) },
      'holds values up to 70000, which float16 cannot represent',
    ],
  ])('refuses %s by name', async (_, some, message) => {
    await expect(packComponent(input('fp16', some), createMemoryStore())).rejects.toMatchObject(
      fault('bad-checkpoint', message),
    );
  });

  it('stops when it is cancelled', async () => {
    const signal = AbortSignal.abort();
    await expect(packComponent(input('fp32', { signal }), createMemoryStore())).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

describe('openPack', () => {
  it.each(['fp32', 'fp16', 'q8', 'q4'] as const)('opens what was written: %s', async (precision) => {
    const { store, component } = await makePack(precision, 400);
    const pack = await openPack(store);
    const unet = pack.components.get('unet');
    expect(unet?.config).toEqual({ answer: 42 });
    expect([...(unet?.tensors.values() ?? [])]).toEqual(component.tensors);
    for (const { file, byteLength } of component.shards) {
      expect(await pack.readShard(file)).toHaveLength(byteLength);
    }
  });

  it('refuses bytes that changed or are cut, and files that the manifest does not list', async () => {
    const { store } = await makePack();
    const pack = await openPack(store);
    const bytes = await store.readFile('unet-0.bin');
    await store.writeFile('unet-0.bin', bytes.with(5, (bytes[5] ?? 0) ^ 1));
    await expect(pack.readShard('unet-0.bin')).rejects.toMatchObject(fault('bad-pack', 'checksum'));
    await store.writeFile('unet-0.bin', bytes.subarray(1));
    await expect(pack.readShard('unet-0.bin')).rejects.toMatchObject(fault('bad-pack', 'bytes'));
    await expect(pack.readShard('other.bin')).rejects.toMatchObject(fault('bad-pack', 'no shard'));
    await expect(openPack(createMemoryStore('empty'))).rejects.toMatchObject(fault('bad-pack', 'pack.json'));
  });

  it('names the folder of a shard that others read by themselves, once its content is right', async () => {
    const { store, component } = await makePack();
    const shard = component.shards[0]?.file ?? '';
    const bytes = await store.readFile(shard);
    expect(await (await openPack(store)).openShard(shard)).toEqual(bytes);

    const folder = await mkdtemp(path.join(tmpdir(), 'relationbooth-pack-'));
    const disk = createFolderStore(folder);
    for (const file of ['pack.json', 'vocab.json', shard])
      await disk.writeFile(file, await store.readFile(file));
    const pack = await openPack(disk);
    expect(await pack.openShard(shard)).toEqual({ folder });
    await disk.writeFile(shard, bytes.with(5, (bytes[5] ?? 0) ^ 1));
    await expect(pack.openShard(shard)).rejects.toMatchObject(fault('bad-pack', 'checksum'));
    await disk.writeFile(shard, bytes.subarray(1));
    await expect(pack.openShard(shard)).rejects.toMatchObject(fault('bad-pack', 'bytes'));
    await disk.removeFile(shard);
    await expect(pack.openShard(shard)).rejects.toMatchObject(fault('bad-pack', 'no file'));
    await rm(folder, { recursive: true });
  });

  it('asks for another app when the pack is newer', async () => {
    const { store, manifest } = await makePack();
    await writeManifest(store, { ...manifest, version: 2 });
    await expect(openPack(store)).rejects.toMatchObject(fault('bad-pack', 'Update the app'));
    await store.writeFile('pack.json', new TextEncoder().encode('<!doctype html>'));
    await expect(openPack(store)).rejects.toMatchObject(fault('bad-pack', 'not JSON'));
  });

  it.each([
    ['a range beyond its shard', { byteOffset: 64 * 1024 }, 'ends beyond'],
    ['a range of another length', { byteLength: 4 }, 'its shape takes'],
    ['a shard that is not listed', { shard: 'other.bin' }, 'unlisted file'],
    ['an offset that is not aligned', { byteOffset: 1 }, 'not valid'],
    ['a path out of the pack', { shard: '../secret' }, 'not valid'],
  ])('refuses a manifest with %s', async (_, change, message) => {
    const { store, manifest, component } = await makePack();
    const [first, ...rest] = component.tensors;
    if (first === undefined) throw new AppError('internal', 'The fixture has no tensor.');
    const tensors = [{ ...first, data: { ...first.data, ...change } }, ...rest];
    await writeManifest(store, { ...manifest, components: { unet: { ...component, tensors } } });
    await expect(openPack(store)).rejects.toMatchObject(fault('bad-pack', message));
  });

  it('refuses a manifest that lists a tensor twice', async () => {
    const { store, manifest, component } = await makePack();
    const tensors = [...component.tensors, component.tensors[0]];
    await writeManifest(store, { ...manifest, components: { unet: { ...component, tensors } } });
    await expect(openPack(store)).rejects.toMatchObject(fault('bad-pack', 'listed twice'));
  });
});
