import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { diskCheckpoint } from '../../src/cli/node-checkpoint.ts';
import { installPack, type InstallPackOptions } from '../../src/gpu/packing/install-pack.ts';
import { packSize, planPack } from '../../src/gpu/packing/plan-pack.ts';
import { createNodeRuntime } from '../../src/gpu/runtime/node-runtime.ts';
import type { Runtime } from '../../src/gpu/runtime/runtime.ts';
import { AppError } from '../../src/shared/errors.ts';
import { isUnfinished } from '../../src/weights/install/install-journal.ts';
import { MANIFEST_FILE, openPack } from '../../src/weights/pack-reader.ts';
import { createMemoryStore, type WritableStore } from '../../src/weights/stores.ts';
import { TINY_CHECKPOINT } from '../support/golden.ts';
import { filesNamed, hubCheckpoint, hubRepositories } from '../support/hub-model.ts';
import {
  COMMIT,
  type Fault,
  type HubServer,
  type RangeRequest,
  startHubServer,
} from '../support/hub-server.ts';
import { goldenDescription } from '../support/tiny-pack.ts';

/** Small enough that the tiny networks have several shards. */
const MAX_SHARD_BYTES = 60_000;

let runtime: Runtime;
let expected: ReadonlyMap<string, Uint8Array>;
const servers: HubServer[] = [];

function options(some: Partial<InstallPackOptions> = {}): InstallPackOptions {
  return { ...goldenDescription, precision: 'q4', runtime, maxShardBytes: MAX_SHARD_BYTES, ...some };
}

/** Every file of a pack, checked against its manifest. */
async function contents(store: WritableStore): Promise<ReadonlyMap<string, Uint8Array>> {
  const pack = await openPack(store);
  for (const { shards } of Object.values(pack.manifest.components)) {
    for (const { file } of shards) await pack.readShard(file);
  }
  const files = [MANIFEST_FILE, ...filesNamed(pack.manifest)];
  return new Map(await Promise.all(files.map(async (file) => [file, await store.readFile(file)] as const)));
}

function withoutSources(files: ReadonlyMap<string, Uint8Array>): unknown {
  const text = new TextDecoder().decode(files.get(MANIFEST_FILE));
  return JSON.parse(text, (key, value: unknown) => (key === 'source' ? undefined : value));
}

/** The same files as from the disk; the manifest differs in nothing but the names of the sources. */
async function expectThePack(store: WritableStore): Promise<void> {
  expect(await isUnfinished(store)).toBe(false);
  const found = await contents(store);
  expect([...found.keys()]).toEqual([...expected.keys()]);
  expect(withoutSources(found)).toEqual(withoutSources(expected));
  for (const [file, bytes] of found) {
    if (file === MANIFEST_FILE) continue;
    expect(Buffer.from(bytes).equals(expected.get(file) ?? new Uint8Array()), file).toBe(true);
  }
}

async function serve(fault?: (request: RangeRequest) => Fault | undefined): Promise<HubServer> {
  const server = await startHubServer({ repositories: hubRepositories(), ...(fault && { fault }) });
  servers.push(server);
  return server;
}

async function install(
  server: HubServer,
  store: WritableStore,
  some?: Partial<InstallPackOptions>,
): Promise<void> {
  await installPack(await planPack(await hubCheckpoint(server.endpoint)), store, options(some));
}

beforeAll(async () => {
  runtime = createNodeRuntime({ threads: 1 });
  const store = createMemoryStore('golden');
  const plan = await planPack({ ...diskCheckpoint(TINY_CHECKPOINT), name: 'golden' });
  await installPack(plan, store, options());
  expected = await contents(store);
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});
afterAll(() => runtime.dispose());

const at = (file: string, index: number, fault: Fault) => (request: RangeRequest) =>
  request.path.endsWith(file) && request.index === index ? fault : undefined;
const fault = (code: string, message: string): object => ({
  code,
  message: expect.stringContaining(message) as string,
});
const UNET = 'unet/diffusion_pytorch_model.safetensors';

describe('installing a model from the hub', () => {
  it('makes byte for byte the pack that the same files on disk make', async () => {
    const server = await serve();
    const store = createMemoryStore('golden');
    await install(server, store);
    await expectThePack(store);
    const { components } = (await openPack(store)).manifest;
    expect(components.unet?.source).toBe(`owner/base@${COMMIT}/unet`);
    expect(components.image_encoder?.source).toBe(`owner/encoder@${COMMIT}/sdxl_models/image_encoder`);
    expect(components.resampler?.source).toBe(`owner/adapter@${COMMIT}`);
  });

  it('says beforehand how much is fetched and stored', async () => {
    const plan = await planPack(await hubCheckpoint((await serve()).endpoint));
    const { downloadBytes, storedBytes, stageBytes } = packSize(plan, { precision: 'q4' });
    const weights = Object.values(hubRepositories())
      .flatMap((files) => Object.entries(files))
      .filter(([file]) => file.endsWith('.safetensors') && !file.includes('relation-loras'))
      .reduce((sum, [, content]) => sum + content.byteLength, 0);
    // The local encoder's weights are listed, though they are read from the base repository.
    expect(downloadBytes).toBe(weights);
    const shards = [...expected].filter(([file]) => file.endsWith('.bin'));
    const stored = shards.reduce((sum, [, bytes]) => sum + bytes.length, 0);
    expect(storedBytes).toBeLessThanOrEqual(stored);
    // The rest is padding between tensors.
    expect(storedBytes).toBeGreaterThan(0.9 * stored);
    expect(stageBytes).toBeLessThan(storedBytes);
    const larger = packSize(plan, { precision: 'fp16' });
    expect(larger.storedBytes).toBeGreaterThan(2 * storedBytes);
  });

  it.each<[string, (request: RangeRequest) => Fault | undefined]>([
    ['429 with Retry-After', at(UNET, 2, { kind: 'status', status: 429, headers: { 'Retry-After': '1' } })],
    ['a server error', at(UNET, 1, { kind: 'status', status: 502 })],
    [
      'a connection cut in every first answer',
      ({ index }) => (index === 0 ? { kind: 'cut', afterBytes: 3 } : undefined),
    ],
    ['a connection cut in the middle', at(UNET, 2, { kind: 'cut', afterBytes: 100_000 })],
    ['a connection cut at the end of a range', at(UNET, 2, { kind: 'cut', afterBytes: Infinity })],
    ['200 where 206 was due', at(UNET, 1, { kind: 'whole' })],
    ['a wrong Content-Range', at(UNET, 1, { kind: 'content-range', value: 'bytes 7-9/1212016' })],
    ['a stall', at(UNET, 2, { kind: 'stall', afterBytes: 10 })],
    ['a slow trickle', at(UNET, 2, { kind: 'trickle', pieces: 40, pauseMs: 5 })],
  ])('ends in the same pack past %s', async (_, wrong) => {
    const store = createMemoryStore('golden');
    await install(await serve(wrong), store);
    await expectThePack(store);
  });

  it.each<[string, Fault, object]>([
    ['a wrong checksum', { kind: 'flip' }, fault('bad-checkpoint', 'sha256')],
    [
      'a file that changes between two ranges',
      { kind: 'etag', value: '"new"' },
      fault('bad-checkpoint', 'changed'),
    ],
    ['another length', { kind: 'content-range', value: 'bytes 0-1/2' }, fault('bad-checkpoint', 'changed')],
    ['an answer that makes no sense', { kind: 'status', status: 418 }, fault('network', '418')],
    ['server errors without end', { kind: 'status', status: 500 }, fault('network', '500')],
  ])('ends with a clear error and no pack at %s, and goes on from there', async (_, wrong, error) => {
    const server = await serve();
    const store = createMemoryStore('golden');
    const plan = await planPack(await hubCheckpoint(server.endpoint));
    server.setFault(({ path }) => (path.endsWith(UNET) ? wrong : undefined));
    await expect(installPack(plan, store, options())).rejects.toMatchObject(error);
    await expect(openPack(store)).rejects.toMatchObject({ code: 'bad-pack' });
    expect(await isUnfinished(store)).toBe(true);
    server.setFault(undefined);
    await install(server, store);
    await expectThePack(store);
  });
});

/** A store whose process dies at its n-th write, in the middle of it. */
function dyingStore(store: WritableStore, lastWrite: number): WritableStore {
  let writes = 0;
  const died = new AppError('internal', 'The process died.');
  return {
    ...store,
    async writeFile(path, bytes) {
      writes += 1;
      if (writes > lastWrite) throw died;
      await store.writeFile(path, bytes);
    },
    async appendFile(path, bytes) {
      writes += 1;
      if (writes > lastWrite + 1) throw died;
      await store.appendFile(path, writes > lastWrite ? bytes.subarray(0, bytes.length / 2) : bytes);
      if (writes > lastWrite) throw died;
    },
  };
}

describe('an install that dies', () => {
  it('is no pack, and is the same pack when it goes on, wherever it died', async () => {
    const plan = await planPack({ ...diskCheckpoint(TINY_CHECKPOINT), name: 'golden' });
    let lastWrite = 0;
    let died = true;
    while (died) {
      const store = createMemoryStore('golden');
      died = await installPack(plan, dyingStore(store, lastWrite), options()).then(
        () => false,
        () => true,
      );
      if (died) await expect(openPack(store)).rejects.toMatchObject({ code: 'bad-pack' });
      await installPack(plan, store, options());
      await expectThePack(store);
      // A prime, so that all kinds of writes are hit.
      lastWrite += 97;
    }
    expect(lastWrite).toBeGreaterThan(1000);
  });

  it('begins anew when another precision is chosen', async () => {
    const plan = await planPack({ ...diskCheckpoint(TINY_CHECKPOINT), name: 'golden' });
    const store = createMemoryStore('golden');
    await expect(installPack(plan, dyingStore(store, 900), options({ precision: 'fp16' }))).rejects.toThrow(
      'died',
    );
    await installPack(plan, store, options());
    await expectThePack(store);
  });

  it('stops when it is cancelled', async () => {
    const plan = await planPack(diskCheckpoint(TINY_CHECKPOINT));
    const controller = new AbortController();
    const store = createMemoryStore();
    const installing = installPack(
      plan,
      store,
      options({
        signal: controller.signal,
        onProgress: ({ component }) => {
          if (component === 'unet') controller.abort();
        },
      }),
    );
    await expect(installing).rejects.toMatchObject({ name: 'AbortError' });
    await expect(openPack(store)).rejects.toMatchObject({ code: 'bad-pack' });
  });
});
