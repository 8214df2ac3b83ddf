import { afterEach, describe, expect, it, vi } from 'vitest';
import { createOpfsStore } from './opfs-store-worker.ts';

/** A folder with one file, whose handle comes as `open` says. */
function folderWith(name: string, open: () => Promise<unknown>): FileSystemDirectoryHandle {
  const file = { kind: 'file', name, createSyncAccessHandle: open };
  const folder = {
    kind: 'directory',
    getFileHandle: (asked: string) =>
      asked === name
        ? Promise.resolve(file)
        : Promise.reject(new DOMException('There is no such file.', 'NotFoundError')),
  };
  return folder as unknown as FileSystemDirectoryHandle;
}

describe('a store in the private storage', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('says so when the browser never opens a file, instead of waiting for it for good', async () => {
    vi.useFakeTimers();
    const store = createOpfsStore(
      folderWith('held', () => new Promise(() => undefined)),
      'storage',
    );
    const read = store.readFile('held').catch((thrown: unknown) => thrown);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await read).toMatchObject({ code: 'worker-died', retryable: true });
    expect(String(await read)).toMatch(/did not open "held" .* Reload the page/);
  });

  it('tells a file that another tab holds from one that is not there', async () => {
    const store = createOpfsStore(
      folderWith('held', () => Promise.reject(new DOMException('In use.', 'NoModificationAllowedError'))),
      'storage',
    );
    await expect(store.readFile('held')).rejects.toThrow('is in use by another tab');
    await expect(store.readFile('other')).rejects.toMatchObject({ code: 'bad-pack' });
  });
});
