import { afterEach, describe, expect, it } from 'vitest';
import { cutOutFiles, readCutOutManifest } from '../../src/weights/cut-out-model.ts';
import type { SourceSpec } from '../../src/weights/sources/source-spec.ts';
import type { CutOutOffer, CutOutRequest } from '../../src/workers/cut-out-protocol.ts';
import { createInstallHandlers } from '../../src/workers/install-handlers.ts';
import type { Keys } from '../../src/workers/install-basics.ts';
import { createNodeRuntime } from '../../src/gpu/runtime/node-runtime.ts';
import { QUICK_RETRY } from '../support/hub-model.ts';
import { COMMIT, type HubServer, startHubServer } from '../support/hub-server.ts';
import { createMemoryShelf, type MemoryShelf } from '../support/memory-shelf.ts';
import { tinySegmenter } from '../support/tiny-segmenter.ts';

const WEIGHTS = 'onnx/model.onnx';
const SOURCE: SourceSpec = { kind: 'hub', repository: 'owner/cut-out', revision: 'main' };
const servers: HubServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(
  files: Record<string, Uint8Array> = tinySegmenter(),
  licence = 'apache-2.0',
): Promise<HubServer> {
  const server = await startHubServer({ repositories: { 'owner/cut-out': files }, signedUses: 0, licence });
  servers.push(server);
  return server;
}

function library(shelf: MemoryShelf = createMemoryShelf()) {
  const handlers = createInstallHandlers({
    shelf: createMemoryShelf(),
    cutOutShelf: shelf,
    openRuntime: () => Promise.resolve(createNodeRuntime({ threads: 1 })),
    retry: QUICK_RETRY,
  });
  const context = () => ({ signal: new AbortController().signal, emit: () => undefined });
  return {
    find: () => handlers['find-cut-out-model']({}, context()),
    plan: (source: SourceSpec, endpoint?: string, keys: Keys = {}) =>
      handlers['plan-cut-out-model']({ source, endpoint, keys }, context()),
    install: (request: CutOutRequest, keys: Keys = {}) =>
      handlers['install-cut-out-model']({ request, keys }, context()),
    remove: () => handlers['remove-cut-out-model']({}, context()),
  };
}

const requestOf = ({ title, source, licence }: CutOutOffer, endpoint?: string): CutOutRequest => ({
  title,
  source,
  licence,
  type: 'fp32',
  endpoint,
});

function without(file: string): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(tinySegmenter()).filter(([name]) => name !== file));
}

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('a model that finds objects', () => {
  it('is offered with its licence and sizes before a weight is fetched, then installed, listed and removed', async () => {
    const files = tinySegmenter();
    const model = files[WEIGHTS] ?? new Uint8Array();
    const server = await serve({ ...files, 'onnx/model_quantized.onnx': model.subarray(0, 5000) });
    const shelf = createMemoryShelf();
    const { find, plan, install, remove } = library(shelf);
    expect(await find()).toEqual({ kind: 'none' });
    const offer = await plan(SOURCE, server.endpoint);
    const configs = Object.values(files).reduce((sum, { length }) => sum + length, -model.length);
    expect(offer).toEqual({
      title: 'owner/cut-out',
      source: { ...SOURCE, revision: COMMIT },
      licence: { name: 'apache-2.0', url: `${server.endpoint}/owner/cut-out` },
      isFree: true,
      choices: [
        { type: 'fp32', byteLength: configs + model.length },
        { type: 'q8', byteLength: configs + 5000 },
      ],
    });
    expect(server.requests.filter((request) => request.includes('.onnx'))).toEqual([]);

    await install(requestOf(offer, server.endpoint));
    expect(await find()).toMatchObject({
      kind: 'installed',
      title: 'owner/cut-out',
      licence: { name: 'apache-2.0' },
      storedBytes: configs + model.length,
    });
    const store = shelf.read('model');
    for (const [file, bytes] of Object.entries(files)) {
      expect(Buffer.from(await store.readFile(file)).equals(bytes), file).toBe(true);
    }
    await remove();
    expect(await find()).toEqual({ kind: 'none' });
  });

  it('goes on after a break, and is none before it is whole', async () => {
    const server = await serve();
    const shelf = createMemoryShelf();
    const { find, plan, install } = library(shelf);
    const request = requestOf(await plan(SOURCE, server.endpoint), server.endpoint);
    server.setFault(({ path }) => (path === WEIGHTS ? { kind: 'cut', afterBytes: 100 } : undefined));
    await expect(install(request)).rejects.toMatchObject({ code: 'network', retryable: true });
    const state = await find();
    expect(state).toMatchObject({ kind: 'unfinished', request });
    expect(await readCutOutManifest(shelf.read('model'))).toBeUndefined();
    server.setFault(undefined);
    if (state.kind !== 'unfinished') throw new Error('Expected an install that can go on.');
    await install(state.request);
    expect(await find()).toMatchObject({ kind: 'installed' });
  });

  it('is refused where a byte is not what its publisher lists', async () => {
    const server = await serve();
    const { find, plan, install } = library();
    const request = requestOf(await plan(SOURCE, server.endpoint), server.endpoint);
    server.setFault(({ path }) => (path === WEIGHTS ? { kind: 'flip', at: 77 } : undefined));
    await expect(install(request)).rejects.toMatchObject({ code: 'bad-checkpoint', retryable: true });
    expect(await find()).toMatchObject({ kind: 'unfinished' });
  });

  it.each([
    ['no configuration', without('config.json'), 'has no config.json'],
    ['a model of text', without('preprocessor_config.json'), 'takes no pictures'],
    ['no weights', without(WEIGHTS), 'has no ONNX weights'],
    ['a broken configuration', { ...tinySegmenter(), 'config.json': json('{').subarray(0, 2) }, 'no JSON'],
    [
      'a model that names things',
      { ...tinySegmenter(), 'config.json': json({ model_type: 'vit', id2label: { 0: 'cat' } }) },
      '"vit"',
    ],
  ])('must be one: %s is refused before anything is installed', async (_, files, message) => {
    const server = await serve(files);
    await expect(library().plan(SOURCE, server.endpoint)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringContaining(message) as string,
    });
  });

  it('says of another licence that it is none that is known to be free', async () => {
    const server = await serve(tinySegmenter(), 'bria-rmbg-1.4');
    expect(await library().plan(SOURCE, server.endpoint)).toMatchObject({
      isFree: false,
      licence: { name: 'bria-rmbg-1.4' },
    });
  });

  it('comes from the address of a folder too, which states no licence', async () => {
    const server = await serve();
    const url = `${server.endpoint}/owner/cut-out/resolve/main`;
    const { find, plan, install } = library();
    const offer = await plan({ kind: 'url', url });
    expect(offer).toMatchObject({ isFree: false, licence: { name: '', url } });
    await install(requestOf(offer));
    expect(await find()).toMatchObject({ kind: 'installed', source: url });
  });

  it('comes from files on this machine, in whatever folders they are', async () => {
    const picked = Object.entries(tinySegmenter()).map(
      ([file, bytes]) =>
        [`downloads/${file.split('/').at(-1) ?? ''}`, new Blob([Buffer.from(bytes)])] as const,
    );
    const keys: Keys = { folder: { name: 'mine', files: cutOutFiles(picked) } };
    const { find, plan, install } = library();
    const offer = await plan({ kind: 'local', name: 'mine' }, undefined, keys);
    await install(requestOf(offer), keys);
    expect(await find()).toMatchObject({ kind: 'installed', title: 'mine' });
    await expect(plan({ kind: 'local', name: 'other' }, undefined, keys)).rejects.toMatchObject({
      code: 'bad-request',
    });
  });

  it('takes the place of the one before', async () => {
    const server = await serve();
    const shelf = createMemoryShelf();
    const { find, plan, install } = library(shelf);
    const request = requestOf(await plan(SOURCE, server.endpoint), server.endpoint);
    await install(request);
    await install({ ...request, title: 'another' });
    expect(await find()).toMatchObject({ kind: 'installed', title: 'another' });
  });

  it('says what room lacks', async () => {
    const server = await serve();
    const { plan, install } = library(createMemoryShelf(1000));
    const request = requestOf(await plan(SOURCE, server.endpoint), server.endpoint);
    await expect(install(request)).rejects.toMatchObject({ code: 'storage-full' });
  });
});
