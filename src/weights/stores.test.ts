import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createFolderStore } from './node-store.ts';
import { createHttpStore, createMemoryStore, type WritableStore } from './stores.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function memoryStore(): Promise<WritableStore> {
  return Promise.resolve(createMemoryStore());
}

async function folderStore(): Promise<WritableStore> {
  const folder = await mkdtemp(path.join(tmpdir(), 'relationbooth-store-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  return createFolderStore(folder);
}

describe.each([
  ['memory', memoryStore],
  ['folder', folderStore],
])('a %s store', (_, open) => {
  it('gives back what was written and appended, in sub-folders too', async () => {
    const store = await open();
    await store.writeFile('a/b.bin', Uint8Array.of(1));
    for (const byte of [2, 3, 4, 5]) await store.appendFile('a/b.bin', Uint8Array.of(byte));
    expect([...(await store.readFile('a/b.bin'))]).toEqual([1, 2, 3, 4, 5]);
    await store.writeFile('a/b.bin', Uint8Array.of(9));
    expect([...(await store.readFile('a/b.bin'))]).toEqual([9]);
  });

  it('keeps its bytes when a caller changes the ones it gave or got', async () => {
    const store = await open();
    const given = Uint8Array.of(1, 2);
    await store.writeFile('file', given);
    given.fill(0);
    (await store.readFile('file')).fill(0);
    expect([...(await store.readFile('file'))]).toEqual([1, 2]);
  });

  it('names the file that it does not have', async () => {
    const store = await open();
    await expect(store.readFile('lost.bin')).rejects.toMatchObject({
      code: 'bad-pack',
      message: expect.stringContaining('no file "lost.bin"') as string,
    });
  });
});

/** A server on this machine; gives its URL. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  cleanups.push(() => close(server));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('Expected a TCP port.');
  return `http://127.0.0.1:${address.port}/pack`;
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

describe('an HTTP store', () => {
  it('fetches files below its URL', async () => {
    const asked: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      asked.push(request.url);
      response.setHeader('content-type', 'application/octet-stream').end(Uint8Array.of(7, 8));
    });
    for (const base of [url, `${url}/`]) {
      expect([...(await createHttpStore(base).readFile('sub/unet-0.bin'))]).toEqual([7, 8]);
    }
    expect(asked).toEqual(['/pack/sub/unet-0.bin', '/pack/sub/unet-0.bin']);
  });

  it.each<[string, RequestListener, object]>([
    [
      'a file that is not there',
      (_, response) => response.writeHead(404).end(),
      { code: 'bad-pack', retryable: false, message: expect.stringContaining('no file "x.bin"') as string },
    ],
    [
      "the app's page in place of the file",
      (_, response) => response.setHeader('content-type', 'text/html; charset=utf-8').end('<!doctype html>'),
      { code: 'bad-pack', retryable: false, message: expect.stringContaining('no file "x.bin"') as string },
    ],
    [
      'a server in trouble',
      (_, response) => response.writeHead(500).end(),
      { code: 'network', retryable: true, message: expect.stringContaining('answered 500') as string },
    ],
    [
      'an answer that breaks off',
      (_, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write(Uint8Array.of(1, 2, 3), () => response.destroy());
      },
      { code: 'network', retryable: true, message: expect.stringContaining('"x.bin"') as string },
    ],
  ])('reports %s', async (_, answer, expected) => {
    await expect(createHttpStore(await serve(answer)).readFile('x.bin')).rejects.toMatchObject(expected);
  });

  it('reports a server that is not there', async () => {
    const url = await serve(() => undefined);
    for (const cleanup of cleanups.splice(0)) await cleanup();
    await expect(createHttpStore(url).readFile('x.bin')).rejects.toMatchObject({
      code: 'network',
      retryable: true,
    });
  });

  it('stops when it is cancelled in the middle', async () => {
    const controller = new AbortController();
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write(Uint8Array.of(1), () => {
        controller.abort();
      });
    });
    const reading = createHttpStore(url).readFile('x.bin', controller.signal);
    await expect(reading).rejects.toMatchObject({ name: 'AbortError', message: 'Cancelled.' });
  });
});
