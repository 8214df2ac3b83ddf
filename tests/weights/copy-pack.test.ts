import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { copyPack, openHostedPack, packFiles } from '../../src/weights/install/copy-pack.ts';
import { openPack } from '../../src/weights/pack-reader.ts';
import { urlFolder } from '../../src/weights/sources/base-url.ts';
import { createMemoryStore, type WritableStore } from '../../src/weights/stores.ts';
import { QUICK_RETRY } from '../support/hub-model.ts';
import { type Fault, type HubServer, startHubServer } from '../support/hub-server.ts';
import { writeTinyPack } from '../support/tiny-pack.ts';

let original: WritableStore;
let files: Readonly<Record<string, Uint8Array>>;
const servers: HubServer[] = [];
beforeAll(async () => {
  original = createMemoryStore('original');
  await writeTinyPack(original, 'fp32');
  const { manifest } = await openPack(original);
  const names = ['pack.json', ...packFiles(manifest).map(({ file }) => file)];
  files = Object.fromEntries(
    await Promise.all(
      names.map(async (name): Promise<[string, Uint8Array]> => [name, await original.readFile(name)]),
    ),
  );
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(
  fault?: Fault,
): Promise<{ readonly server: HubServer; readonly open: () => Promise<Parameters<typeof copyPack>[0]> }> {
  const server = await startHubServer({ repositories: { 'me/pack': files }, signedUses: 0 });
  servers.push(server);
  if (fault !== undefined) server.setFault(({ path }) => (path === 'unet-0.bin' ? fault : undefined));
  return {
    server,
    async open() {
      const folder = urlFolder(`${server.endpoint}/me/pack/resolve/main`, { retry: QUICK_RETRY });
      const hosted = await openHostedPack(folder);
      if (hosted === undefined) throw new Error('Expected a pack.');
      return hosted;
    },
  };
}

async function expectTheSame(store: WritableStore): Promise<void> {
  for (const [file, bytes] of Object.entries(files)) {
    expect(Buffer.from(await store.readFile(file)).equals(bytes), file).toBe(true);
  }
  const pack = await openPack(store);
  await pack.readShard('unet-0.bin');
}

describe('a pack that is hosted somewhere', () => {
  it('is copied as it is', async () => {
    const { open } = await serve();
    const store = createMemoryStore();
    const seen: number[] = [];
    await copyPack(await open(), {
      store,
      onProgress: ({ doneBytes, totalBytes }) => seen.push(doneBytes / totalBytes),
    });
    await expectTheSame(store);
    expect(seen.at(-1)).toBe(1);
  });

  it.each<[string, Fault, object]>([
    ['a wrong checksum', { kind: 'flip' }, { code: 'bad-checkpoint', retryable: true }],
    ['a server in trouble', { kind: 'status', status: 500 }, { code: 'network', retryable: true }],
  ])('is no pack after %s, and goes on from there', async (_, fault, error) => {
    const { server, open } = await serve();
    const store = createMemoryStore();
    const hosted = await open();
    server.setFault(({ path }) => (path === 'unet-0.bin' ? fault : undefined));
    await expect(copyPack(hosted, { store })).rejects.toMatchObject(error);
    await expect(openPack(store)).rejects.toMatchObject({ code: 'bad-pack' });
    server.setFault(undefined);
    const before = server.sentBytes();
    await copyPack(await open(), { store });
    await expectTheSame(store);
    const total = Object.values(files).reduce((sum, bytes) => sum + bytes.length, 0);
    expect(server.sentBytes() - before).toBeLessThan(total);
  });

  it('is refused if a file has another length than its manifest lists', async () => {
    const { server, open } = await serve();
    const hosted = await open();
    server.replace('me/pack', 'unet-0.bin', new Uint8Array(10));
    await expect(copyPack(hosted, { store: createMemoryStore() })).rejects.toMatchObject({
      code: 'bad-pack',
    });
  });
});
