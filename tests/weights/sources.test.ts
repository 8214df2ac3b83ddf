import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRandom } from '../../src/shared/random.ts';
import { openUrl, urlFolder } from '../../src/weights/sources/base-url.ts';
import { openHub } from '../../src/weights/sources/hub.ts';
import { DEFAULT_RETRY, retryAfterMs } from '../../src/weights/sources/retry.ts';
import type { ByteSource } from '../../src/weights/types.ts';
import {
  COMMIT,
  type Fault,
  type HubServer,
  type HubServerOptions,
  startHubServer,
} from '../support/hub-server.ts';

const retry = { ...DEFAULT_RETRY, firstDelayMs: 2, longestDelayMs: 8, longestPauseMs: 2000, stallMs: 150 };
const random = createRandom(1);
const content = Buffer.from(Array.from({ length: 300_000 }, () => random.int(256)));
const NAME = 'owner/model';

const servers: HubServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function serve(options: Partial<HubServerOptions> = {}): Promise<HubServer> {
  const repositories = {
    [NAME]: { 'unet/weights.bin': content, 'config.json': new TextEncoder().encode('{"a":1}') },
  };
  const server = await startHubServer({ repositories, ...options });
  servers.push(server);
  return server;
}

async function openWeights(server: HubServer): Promise<ByteSource> {
  const repository = await openHub(NAME, 'main', { endpoint: server.endpoint, retry });
  const source = await repository.folder('unet').open('weights.bin');
  if (source === undefined) throw new Error('Expected the file to be listed.');
  return source;
}

/** The whole file in ranges, as an install reads it. */
async function readInRanges(source: ByteSource, rangeBytes = 100_000): Promise<Uint8Array> {
  const bytes = new Uint8Array(source.byteLength);
  for (let at = 0; at < bytes.length; at += rangeBytes) {
    bytes.set(await source.read(at, Math.min(rangeBytes, bytes.length - at)), at);
  }
  return bytes;
}

describe('a repository of the hub', () => {
  it('is read at the commit its revision stands for, with size and checksum from its tree', async () => {
    const server = await serve({ pageSize: 1 });
    const repository = await openHub(NAME, 'main', { endpoint: server.endpoint, retry });
    expect(repository).toMatchObject({ commit: COMMIT, licence: 'openrail++' });
    expect(repository.files.get('unet/weights.bin')).toMatchObject({
      byteLength: content.length,
      digest: { algorithm: 'sha256' },
    });
    const folder = repository.folder();
    expect(await folder.open('lost.bin')).toBeUndefined();
    expect((await folder.open('config.json'))?.byteLength).toBe(7);
    expect(content.equals(await readInRanges(await openWeights(server)))).toBe(true);
    expect(server.requests).toContain(`GET /${NAME}/resolve/${COMMIT}/unet/weights.bin`);
  });

  it('says how to get access where it is closed, and opens with a token that goes to the hub alone', async () => {
    const server = await serve({ gated: { [NAME]: 'secret' } });
    await expect(openHub(NAME, 'main', { endpoint: server.endpoint, retry })).rejects.toMatchObject({
      code: 'access-denied',
      message: expect.stringMatching(/accept its conditions.*token/) as string,
    });
    const access = { endpoint: server.endpoint, retry, token: () => 'secret' };
    const source = await (await openHub(NAME, 'main', access)).folder().open('unet/weights.bin');
    expect(await source?.read(5, 3)).toEqual(new Uint8Array(content.subarray(5, 8)));
    expect(server.requests.filter((line) => line.startsWith('cdn with token'))).toEqual([]);
  });

  it('passes a browser’s cache by', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch');
    await readInRanges(await openWeights(await serve()));
    expect(fetched.mock.calls.length).toBeGreaterThan(3);
    for (const [, init] of fetched.mock.calls) expect(init?.cache).toBe('no-store');
    fetched.mockRestore();
  });

  it('names a repository that does not exist', async () => {
    const { endpoint } = await serve();
    await expect(openHub('owner/none', 'main', { endpoint, retry })).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining('owner/none') as string,
    });
  });

  it('asks the stable address again when a signed one has run out', async () => {
    const server = await serve({ signedUses: 2 });
    expect(content.equals(await readInRanges(await openWeights(server), 30_000))).toBe(true);
    const asked = server.requests.filter((line) => line.includes('/resolve/'));
    // Ten ranges, two a signature.
    expect(asked).toHaveLength(5);
  });

  it('refuses a small file that is not the one in its tree', async () => {
    const server = await serve();
    const repository = await openHub(NAME, 'main', { endpoint: server.endpoint, retry });
    server.replace(NAME, 'config.json', new TextEncoder().encode('{"a":2}'));
    await expect(repository.folder().open('config.json')).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringContaining('git-sha1') as string,
    });
  });
});

const once =
  (fault: Fault) =>
  ({ index }: { readonly index: number }) =>
    index === 1 ? fault : undefined;
const ALWAYS_CUT = 1000;

describe('reading a file by range', () => {
  it.each<[string, Partial<HubServerOptions>]>([
    [
      'a pause the server asks for',
      { fault: once({ kind: 'status', status: 429, headers: { 'Retry-After': '1' } }) },
    ],
    ['a server error', { fault: once({ kind: 'status', status: 503 }) }],
    ['a connection that is cut', { fault: once({ kind: 'cut', afterBytes: 12_345 }) }],
    ['a connection that is cut at once', { fault: once({ kind: 'cut', afterBytes: 0 }) }],
    ['a connection that stalls', { fault: once({ kind: 'stall', afterBytes: 999 }) }],
    ['a slow trickle', { fault: once({ kind: 'trickle', pieces: 20, pauseMs: 5 }) }],
    ['one whole file where a part was due', { fault: once({ kind: 'whole' }) }],
    ['one wrong Content-Range', { fault: once({ kind: 'content-range', value: 'bytes 0-99999/300000' }) }],
    ['a hidden Content-Range', { exposesHeaders: false }],
    ['a signed address that is refused', { signedUses: 1 }],
  ])('gets every byte past %s', async (_, options) => {
    const server = await serve(options);
    expect(content.equals(await readInRanges(await openWeights(server)))).toBe(true);
  });

  it('goes on where a cut connection ended, and never gives up while there is progress', async () => {
    const bytesUntilCut = 70_000;
    const server = await serve({ fault: () => ({ kind: 'cut', afterBytes: bytesUntilCut }) });
    const source = await openWeights(server);
    const attempt = source.read(0, content.length);
    expect(content.equals(await attempt)).toBe(true);
    expect(server.sentBytes()).toBe(content.length);
  });

  it.each<[string, Fault, object]>([
    [
      'server errors without end',
      { kind: 'status', status: 500 },
      { code: 'network', retryable: true, message: expect.stringContaining('answered 500') as string },
    ],
    [
      'whole files without end',
      { kind: 'whole' },
      { code: 'network', message: expect.stringContaining('where 206') as string },
    ],
    [
      'wrong ranges without end',
      { kind: 'content-range', value: 'bytes 1-2/300000' },
      { code: 'network', message: expect.stringContaining('bytes 1-2/300000') as string },
    ],
    [
      'cuts without progress',
      { kind: 'cut', afterBytes: 10 },
      { code: 'network', message: expect.stringContaining('broke off') as string },
    ],
    [
      'a long pause',
      { kind: 'status', status: 429, headers: { 'Retry-After': '3600' } },
      { code: 'network', message: expect.stringContaining('60 minutes') as string },
    ],
    [
      'another size',
      { kind: 'content-range', value: `bytes 0-${ALWAYS_CUT - 1}/301000` },
      { code: 'bad-checkpoint', retryable: true, message: expect.stringContaining('now 301000') as string },
    ],
    [
      'a closed door',
      { kind: 'status', status: 410 },
      { code: 'network', message: expect.stringContaining('410') as string },
    ],
  ])('ends with a clear error at %s', async (_, fault, expected) => {
    const server = await serve({ fault: () => fault, signedUses: 0 });
    const source = await openWeights(server);
    await expect(source.read(0, ALWAYS_CUT)).rejects.toMatchObject(expected);
  });

  it('notices that the file changed between two ranges', async () => {
    const server = await serve({ fault: once({ kind: 'etag', value: '"other"' }) });
    await expect(readInRanges(await openWeights(server))).rejects.toMatchObject({
      code: 'bad-checkpoint',
      retryable: true,
      message: expect.stringContaining('changed while it was read') as string,
    });
  });

  it('stops at once when it is cancelled, also in a pause', async () => {
    const fault: Fault = { kind: 'status', status: 429, headers: { 'Retry-After': '2' } };
    const server = await serve({ fault: () => fault });
    const source = await openWeights(server);
    const started = Date.now();
    await expect(source.read(0, 10, AbortSignal.timeout(50))).rejects.toMatchObject({ name: 'AbortError' });
    expect(Date.now() - started).toBeLessThan(1000);
  });

  it('checks ranges before it asks', async () => {
    const source = await openWeights(await serve());
    await expect(source.read(content.length, 1)).rejects.toMatchObject({ code: 'bad-checkpoint' });
    expect(await source.read(content.length, 0)).toHaveLength(0);
  });
});

describe('a folder at a base URL', () => {
  it('has the files of the layout and nothing else', async () => {
    const server = await serve({ signedUses: 0 });
    const folder = urlFolder(`${server.endpoint}/${NAME}/resolve/main`, { retry });
    expect(await (await folder.open('unet/weights.bin'))?.read(1, 2)).toEqual(
      new Uint8Array(content.subarray(1, 3)),
    );
    expect((await folder.open('config.json'))?.byteLength).toBe(7);
    expect(await folder.open('unet/none.bin')).toBeUndefined();
    expect(await folder.open('none.json')).toBeUndefined();
  });

  it('says when nobody answers', async () => {
    const server = await serve();
    await server.close();
    servers.splice(0);
    await expect(openUrl(`${server.endpoint}/x/y/resolve/main/a.bin`, { retry })).rejects.toMatchObject({
      code: 'network',
      retryable: true,
    });
  });
});

describe('Retry-After', () => {
  it.each([
    ['7', 7000],
    ['Thu, 01 Jan 1970 00:00:05 GMT', 4000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['soon', undefined],
    [null, undefined],
  ])('%s', (header, expected) => {
    expect(retryAfterMs(header, 1000)).toBe(expected);
  });
});
