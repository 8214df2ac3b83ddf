import { AppError, messageOf, throwIfAborted } from '../shared/errors.ts';
import type { WeightStore } from './types.ts';

/** A store one can also put files into. */
export interface WritableStore extends WeightStore {
  /** Makes or replaces a file: readers see the old content or all of the new. */
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  /** Adds bytes at the end of a file that `writeFile` made. Throws AppError 'storage-full'. */
  appendFile(path: string, bytes: Uint8Array): Promise<void>;
  /** Bytes of a file; undefined if there is none. */
  byteLength(path: string): Promise<number | undefined>;
  /** Cuts a file off after `byteLength` bytes. */
  truncateFile(path: string, byteLength: number): Promise<void>;
  /** Does nothing if there is no such file. */
  removeFile(path: string): Promise<void>;
}

export function missingFile(store: string, path: string, cause?: unknown): AppError {
  return new AppError(
    'bad-pack',
    `The pack at ${store} has no file "${path}". It is incomplete; install it again.`,
    { cause },
  );
}

/** What a device without room throws: QuotaExceededError in browsers, ENOSPC or EDQUOT on disks. */
const NO_ROOM = /QuotaExceeded|ENOSPC|EDQUOT/;

/** A failed write as AppError 'storage-full' where room is what lacks; anything else as it is. */
export function writeFailure(store: string, thrown: unknown): unknown {
  const signs = thrown instanceof Error ? `${thrown.name} ${thrown.message}` : String(thrown);
  if (!NO_ROOM.test(signs)) return thrown;
  return new AppError(
    'storage-full',
    `There is no room left at ${store}. Delete something there, for example another model, then go on; what was stored is kept.`,
    { retryable: true, cause: thrown },
  );
}

interface MemoryFile {
  /** Its buffer may be larger than the file, so that appending seldom copies. */
  readonly room: Uint8Array;
  readonly byteLength: number;
}

function appended({ room, byteLength }: MemoryFile, bytes: Uint8Array): MemoryFile {
  const total = byteLength + bytes.length;
  let target = room;
  if (total > room.length) {
    target = new Uint8Array(Math.max(total, 2 * byteLength));
    target.set(room.subarray(0, byteLength));
  }
  target.set(bytes, byteLength);
  return { room: target, byteLength: total };
}

/** Files in this process's memory. */
export function createMemoryStore(name = 'memory'): WritableStore {
  const files = new Map<string, MemoryFile>();
  return {
    name,
    readFile(path) {
      const file = files.get(path);
      if (file === undefined) return Promise.reject(missingFile(name, path));
      return Promise.resolve(file.room.slice(0, file.byteLength));
    },
    writeFile(path, bytes) {
      files.set(path, { room: bytes.slice(), byteLength: bytes.length });
      return Promise.resolve();
    },
    appendFile(path, bytes) {
      const file = files.get(path);
      if (file === undefined) return Promise.reject(missingFile(name, path));
      files.set(path, appended(file, bytes));
      return Promise.resolve();
    },
    byteLength: (path) => Promise.resolve(files.get(path)?.byteLength),
    truncateFile(path, byteLength) {
      const file = files.get(path);
      if (file === undefined) return Promise.reject(missingFile(name, path));
      files.set(path, { ...file, byteLength: Math.min(byteLength, file.byteLength) });
      return Promise.resolve();
    },
    removeFile(path) {
      files.delete(path);
      return Promise.resolve();
    },
  };
}

/** Files served below a URL, for example beside the app. Browsers cache them; the reader checks them. */
export function createHttpStore(baseUrl: string): WeightStore {
  const base = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`;

  function failure(path: string, what: string, cause?: unknown): AppError {
    return new AppError(
      'network',
      `"${path}" could not be fetched from ${base} (${what}). Check the connection and try again.`,
      { retryable: true, cause },
    );
  }

  async function bytesOf(response: Response, path: string): Promise<Uint8Array> {
    // A static host that answers every path with the app's page has no such file either.
    const isPage = response.headers.get('content-type')?.startsWith('text/html') === true;
    if (response.status === 404 || (response.ok && isPage)) throw missingFile(base, path);
    if (!response.ok) throw failure(path, `the server answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  }

  return {
    name: base,
    async readFile(path, signal) {
      try {
        return await bytesOf(await fetch(base + path, { signal: signal ?? null }), path);
      } catch (thrown) {
        throwIfAborted(signal);
        if (thrown instanceof AppError) throw thrown;
        // No server, or one that broke off in the middle of the file.
        throw failure(path, messageOf(thrown), thrown);
      }
    },
  };
}
