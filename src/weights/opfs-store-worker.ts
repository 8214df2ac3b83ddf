import { AppError } from '../shared/errors.ts';
import { findFile } from './opfs-reader.ts';
import { missingFile, type WritableStore, writeFailure } from './stores.ts';

/** A store in the private storage whose open files must be closed, so that others can write. */
export interface OpfsStore extends WritableStore {
  close(): void;
}

/**
 * Chromium (156 at least) now and then never answers when a file is opened right after it was replaced; a file whose
 * handle stays open is spared that.
 */
const OPEN_MS = 20_000;

/** What the promise gives, or undefined if it takes longer. */
async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function isMissing(thrown: unknown): boolean {
  return (
    thrown instanceof DOMException && (thrown.name === 'NotFoundError' || thrown.name === 'TypeMismatchError')
  );
}

async function makeFile(root: FileSystemDirectoryHandle, path: string): Promise<FileSystemFileHandle> {
  const parts = path.split('/');
  let folder = root;
  for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part, { create: true });
  return folder.getFileHandle(parts.at(-1) ?? path, { create: true });
}

/**
 * Files below a folder of the origin private file system, for a worker: appending needs its synchronous
 * handles, which stay open until the store is closed.
 */
export function createOpfsStore(root: FileSystemDirectoryHandle, name: string): OpfsStore {
  const open = new Map<string, FileSystemSyncAccessHandle>();

  async function handleOf(path: string): Promise<FileSystemSyncAccessHandle> {
    const known = open.get(path);
    if (known !== undefined) return known;
    try {
      const handle = await within(OPEN_MS, (await findFile(root, path)).createSyncAccessHandle());
      if (handle === undefined) {
        throw new AppError(
          'worker-died',
          `The browser did not open "${path}" of ${name} within ${OPEN_MS / 1000} seconds. Reload the page, then go on: what was stored is kept.`,
          { retryable: true },
        );
      }
      open.set(path, handle);
      return handle;
    } catch (thrown) {
      if (thrown instanceof AppError) throw thrown;
      if (isMissing(thrown)) throw missingFile(name, path, thrown);
      throw new AppError(
        'bad-request',
        `"${path}" of ${name} is in use by another tab. Close it, then go on.`,
        {
          retryable: true,
          cause: thrown,
        },
      );
    }
  }

  function release(path: string): void {
    open.get(path)?.close();
    open.delete(path);
  }

  return {
    name,
    async readFile(path) {
      const handle = await handleOf(path);
      const bytes = new Uint8Array(handle.getSize());
      handle.read(bytes, { at: 0 });
      return bytes;
    },
    async writeFile(path, bytes) {
      release(path);
      try {
        // Written beside the file and put in its place when it is closed.
        const writable = await (await makeFile(root, path)).createWritable();
        await writable.write(new Uint8Array(bytes));
        await writable.close();
      } catch (thrown) {
        throw writeFailure(name, thrown);
      }
    },
    async appendFile(path, bytes) {
      const handle = await handleOf(path);
      try {
        const written = handle.write(bytes, { at: handle.getSize() });
        if (written < bytes.length) throw new DOMException('Only a part was written.', 'QuotaExceededError');
      } catch (thrown) {
        throw writeFailure(name, thrown);
      }
    },
    async byteLength(path) {
      try {
        return open.get(path)?.getSize() ?? (await (await findFile(root, path)).getFile()).size;
      } catch (thrown) {
        if (isMissing(thrown)) return undefined;
        throw thrown;
      }
    },
    async truncateFile(path, byteLength) {
      (await handleOf(path)).truncate(byteLength);
    },
    async removeFile(path) {
      release(path);
      const parts = path.split('/');
      try {
        let folder = root;
        for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part);
        await folder.removeEntry(parts.at(-1) ?? path);
      } catch (thrown) {
        if (!isMissing(thrown)) throw thrown;
      }
    },
    close() {
      for (const path of [...open.keys()]) release(path);
    },
  };
}
