import { afterEach, describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../../src/gpu/runtime/node-runtime.ts';
import { openPack } from '../../src/weights/pack-reader.ts';
import { createConvertPool } from '../../src/workers/convert-pool.ts';
import { CONVERT_HANDLERS, CONVERT_PROTOCOL, type ConvertCalls } from '../../src/workers/convert-protocol.ts';
import { createInstallHandlers, type InstallEnvironment } from '../../src/workers/install-handlers.ts';
import type { Keys } from '../../src/workers/install-basics.ts';
import type { InstallRequest } from '../../src/workers/install-protocol.ts';
import { type FakeWorker, fakeWorkerOf } from '../../src/workers/test-support.ts';
import { GOLDEN_SOURCES } from '../support/hub-install.ts';
import { goldenBytes, TINY_CHECKPOINT } from '../support/golden.ts';
import { filesBelow, hubRepositories, QUICK_RETRY } from '../support/hub-model.ts';
import { COMMIT, type HubServer, startHubServer } from '../support/hub-server.ts';
import { createMemoryShelf, type MemoryShelf } from '../support/memory-shelf.ts';
import { tinySingleFile } from '../support/single-file.ts';

const UNET = 'unet/diffusion_pytorch_model.safetensors';
/** Longer reads are of weights, not of a file's head. */
const HEAD_BYTES = 300_000;
const servers: HubServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(gated: Readonly<Record<string, string>> = {}): Promise<HubServer> {
  const server = await startHubServer({ repositories: hubRepositories(), gated });
  servers.push(server);
  return server;
}

function library(shelf: MemoryShelf, openConverter?: InstallEnvironment['openConverter']) {
  const handlers = createInstallHandlers({
    shelf,
    cutOutShelf: createMemoryShelf(),
    openRuntime: () => Promise.resolve(createNodeRuntime({ threads: 1 })),
    openConverter,
    retry: QUICK_RETRY,
  });
  const context = () => ({ signal: new AbortController().signal, emit: () => undefined });
  return {
    list: () => handlers['list-library']({}, context()),
    describe: (url: string) => handlers['describe-pack']({ url }, context()),
    plan: (endpoint: string, token?: string) =>
      handlers['plan-install']({ sources: GOLDEN_SOURCES, endpoint, keys: { token } }, context()),
    install: (request: InstallRequest, keys: Keys = {}) =>
      handlers['install-pack']({ request, keys }, context()),
    loras: (repository: string, endpoint: string) =>
      handlers['list-loras']({ repository, endpoint, keys: {} }, context()),
    remove: (id: string) => handlers['remove-pack']({ id }, context()),
  };
}

const requestFor = ({ endpoint }: HubServer): InstallRequest => ({
  id: 'golden',
  title: 'Golden',
  sources: GOLDEN_SOURCES,
  precision: 'q4',
  endpoint,
});

describe('the library', () => {
  it('tells the cost of each precision before it fetches a weight', async () => {
    const server = await serve();
    const { downloadBytes, choices, origins } = await library(createMemoryShelf()).plan(server.endpoint);
    expect(choices.map(({ precision }) => precision)).toEqual(['q4', 'q8', 'fp16']);
    const stored = choices.map(({ storedBytes }) => storedBytes);
    expect(stored).toEqual(stored.toSorted((a, b) => a - b));
    expect(origins.map(({ network }) => network)).toContain('unet');
    expect(server.sentBytes()).toBeLessThan(downloadBytes / 4);
  });

  it('installs, lists and takes away', async () => {
    const shelf = createMemoryShelf();
    const { install, list, remove, plan } = library(shelf);
    const server = await serve();
    await install(requestFor(server));
    const [entry] = (await list()).entries;
    expect(entry).toMatchObject({ kind: 'installed', id: 'golden', title: 'Golden' });
    // What it takes of a machine is what was told before, but for the padding of its files.
    const { choices } = await plan(server.endpoint);
    if (entry?.kind !== 'installed') throw new Error('Expected an installed model.');
    expect({ ...entry.footprint, networkBytes: [] }).toEqual({ ...choices[0]?.footprint, networkBytes: [] });
    expect(entry.footprint.passWork?.perCell).toBeGreaterThan(0);
    await remove('golden');
    expect((await list()).entries).toEqual([]);
  });

  it('describes a pack at an address as it does an installed one', async () => {
    const shelf = createMemoryShelf();
    const { install, list, describe } = library(shelf);
    await install(requestFor(await serve()));
    const manifest = await shelf.read('golden').readFile('pack.json');
    const host = await startHubServer({ repositories: { 'owner/pack': { 'pack.json': manifest } } });
    servers.push(host);
    const address = `${host.endpoint}/owner/pack/resolve/main/`;
    expect([await describe(address)]).toEqual((await list()).entries);
    await expect(describe(`${address}none/`)).rejects.toMatchObject({
      code: 'bad-pack',
      message: expect.stringContaining('The pack at') as string,
    });
  });

  it('lists what is paused, with what it needs to go on', async () => {
    const shelf = createMemoryShelf();
    const { install, list } = library(shelf);
    const server = await serve();
    server.setFault(({ path, first, last }) =>
      path.endsWith(UNET) && last - first > HEAD_BYTES ? { kind: 'status', status: 500 } : undefined,
    );
    await expect(install(requestFor(server))).rejects.toMatchObject({ code: 'network', retryable: true });
    const [entry] = (await list()).entries;
    expect(entry).toMatchObject({
      kind: 'unfinished',
      request: { id: 'golden', sources: { base: { repository: 'owner/base', revision: COMMIT } } },
    });
    if (entry?.kind !== 'unfinished') throw new Error('Expected a paused install.');
    expect(entry.doneBytes).toBeGreaterThan(0);
    expect(entry.doneBytes).toBeLessThan(entry.totalBytes);
    server.setFault(undefined);
    await install(entry.request);
    expect((await list()).entries).toMatchObject([{ kind: 'installed' }]);
  });

  it('lets one install of a pack run at a time', async () => {
    const { install } = library(createMemoryShelf());
    const request = requestFor(await serve());
    const first = install(request);
    await expect(install(request)).rejects.toMatchObject({ code: 'bad-request' });
    await expect(first).resolves.toEqual({ id: 'golden' });
  });

  it('says how to get into a closed repository, and keeps its token out of what it stores', async () => {
    const server = await serve({ 'owner/base': 'secret' });
    const shelf = createMemoryShelf();
    const { plan } = library(shelf);
    await expect(plan(server.endpoint)).rejects.toMatchObject({
      code: 'access-denied',
      message: expect.stringContaining('token') as string,
    });
    await expect(plan(server.endpoint, 'secret')).resolves.toHaveProperty('choices');
  });

  it('installs a folder that the person picked, and asks for it again where it is not at hand', async () => {
    const shelf = createMemoryShelf();
    const request: InstallRequest = {
      id: 'tiny',
      title: 'Tiny',
      sources: { base: { kind: 'local', name: 'tiny' }, parts: {} },
      precision: 'q4',
    };
    const { install, list } = library(shelf);
    await expect(install(request)).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining('Choose the folder "tiny" again') as string,
    });
    const files = new Map(
      Object.entries(filesBelow(TINY_CHECKPOINT)).map(([path, bytes]) => [
        path,
        new Blob([Buffer.from(bytes)]),
      ]),
    );
    await install(request, { folder: { name: 'tiny', files } });
    expect((await list()).entries).toMatchObject([{ kind: 'installed', id: 'tiny' }]);
  });

  it('takes weights from a picked checkpoint in one file, and merges LoRAs picked and published', async () => {
    const lora = goldenBytes('merge/kohya.safetensors');
    const server = await startHubServer({
      repositories: { ...hubRepositories(), 'owner/lcm-lora': { 'pytorch_lora_weights.safetensors': lora } },
    });
    servers.push(server);
    const shelf = createMemoryShelf();
    const { install } = library(shelf);
    const published = { kind: 'hub', repository: 'owner/lcm-lora', revision: 'main' } as const;
    const picked = { kind: 'local', name: 'style.safetensors' } as const;
    const request: InstallRequest = {
      ...requestFor(server),
      sources: {
        ...GOLDEN_SOURCES,
        singleFile: { kind: 'local', name: 'whole.safetensors' },
        mergeLoras: [
          { file: published, weight: 1 },
          { file: picked, weight: 0.5 },
        ],
      },
    };
    await expect(install(request)).rejects.toMatchObject({
      message: expect.stringContaining('Choose the file "whole.safetensors" again') as string,
    });
    const files = new Map([
      ['whole.safetensors', new Blob([Buffer.from(await tinySingleFile())])],
      ['style.safetensors', new Blob([Buffer.from(lora)])],
    ]);
    await install(request, { files });
    const { manifest } = await openPack(shelf.read('golden'));
    expect(manifest.components.unet?.source).toMatch(
      / \+ pytorch_lora_weights\.safetensors × 1 \+ style\.safetensors × 0\.5$/,
    );
    expect(manifest.defaults).toMatchObject({ sampler: 'lcm', steps: 8, guidance: 1 });
    expect(
      server.requests.some((line) => line.includes('owner/base/resolve') && line.includes('unet/diff')),
    ).toBe(false);
  });

  it('converts in workers to the same bytes, goes on after one died, and ends them all', async () => {
    const server = await serve();
    const alone = createMemoryShelf();
    await library(alone).install(requestFor(server));

    const workers: FakeWorker[] = [];
    let left = 3;
    const startWorker = (): FakeWorker => {
      const worker = fakeWorkerOf<ConvertCalls>(CONVERT_PROTOCOL, {
        'convert-slice': (slice, context) => {
          left -= 1;
          if (left === 0) worker.crash('out of memory');
          return CONVERT_HANDLERS['convert-slice'](slice, context);
        },
      });
      workers.push(worker);
      return worker;
    };
    const shelf = createMemoryShelf();
    const { install, list } = library(shelf, () => createConvertPool(startWorker, 4));
    await expect(install(requestFor(server))).rejects.toMatchObject({
      code: 'worker-died',
      retryable: true,
      message: expect.stringContaining('Go on: what was stored is kept.') as string,
    });
    const [entry] = (await list()).entries;
    if (entry?.kind !== 'unfinished') throw new Error('Expected a paused install.');
    await install(entry.request);
    expect(workers.length).toBeGreaterThan(3);
    expect(workers.every(({ terminated }) => terminated)).toBe(true);
    const { manifest } = await openPack(shelf.read('golden'));
    for (const { file } of Object.values(manifest.components).flatMap(({ shards }) => shards)) {
      const [made, expected] = await Promise.all(
        [shelf, alone].map((one) => one.read('golden').readFile(file)),
      );
      expect(Buffer.from(made ?? []).equals(Buffer.from(expected ?? [0])), file).toBe(true);
    }
  });

  it('drops a LoRA that is not the one its publisher lists', async () => {
    const lora = goldenBytes('merge/kohya.safetensors');
    const server = await startHubServer({
      repositories: { ...hubRepositories(), 'owner/lora': { 'lora.safetensors': lora } },
      // In the weights, so that the head still fits.
      fault: ({ path }) => (path === 'lora.safetensors' ? { kind: 'flip', at: lora.length - 1 } : undefined),
    });
    servers.push(server);
    const shelf = createMemoryShelf();
    const file = { kind: 'hub', repository: 'owner/lora', revision: 'main' } as const;
    const request = {
      ...requestFor(server),
      sources: { ...GOLDEN_SOURCES, mergeLoras: [{ file, weight: 1 }] },
    };
    await expect(library(shelf).install(request)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringContaining('not what its publisher lists') as string,
    });
    expect((await library(shelf).list()).entries).toMatchObject([{ kind: 'unfinished' }]);
  });

  it('lists the LoRA files of a repository with size and licence', async () => {
    const lora = goldenBytes('merge/kohya.safetensors');
    const server = await startHubServer({
      repositories: { 'owner/loras': { 'hugging/lora.safetensors': lora, 'README.md': new Uint8Array(9) } },
    });
    servers.push(server);
    expect(await library(createMemoryShelf()).loras('owner/loras', server.endpoint)).toEqual({
      licence: 'openrail++',
      loras: [
        {
          name: 'hugging/lora.safetensors',
          url: `${server.endpoint}/owner/loras/resolve/${COMMIT}/hugging/lora.safetensors`,
          byteLength: lora.length,
        },
      ],
    });
  });

  it('refuses what does not fit before it fetches', async () => {
    const server = await serve();
    const { install } = library(createMemoryShelf(1000));
    await expect(install(requestFor(server))).rejects.toMatchObject({
      code: 'storage-full',
      retryable: true,
    });
    expect(server.sentBytes()).toBeLessThan(1e6);
  });

  it('shows a folder of which nothing can be made as such', async () => {
    const shelf = createMemoryShelf();
    await shelf.withStore('x', (store) => store.writeFile('pack.json', new TextEncoder().encode('{')));
    expect((await library(shelf).list()).entries).toEqual([{ kind: 'damaged', id: 'x' }]);
  });
});
