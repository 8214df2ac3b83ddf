import { AppError } from '../shared/errors.ts';
import { createOpfsReader, PACKS_FOLDER } from '../weights/opfs-reader.ts';
import { createOpfsStore } from '../weights/opfs-store-worker.ts';
import type { PackShelf } from './pack-shelf.ts';

/** Runs `action` while no other tab holds the lock of the pack. Throws AppError 'bad-request' if one does. */
function exclusive<T>(name: string, action: () => Promise<T>): Promise<T> {
  return navigator.locks.request(name, { ifAvailable: true }, (lock) => {
    if (lock !== null) return action();
    throw new AppError(
      'bad-request',
      'This model is being installed in another tab. Wait for it, or stop it there.',
      {
        retryable: true,
      },
    );
  });
}

/** Packs in this browser's private storage, one folder each, below one of their kind. */
export function createOpfsShelf(parent: string = PACKS_FOLDER): PackShelf {
  const lockOf = (id: string): string => `relationbooth-${parent}-${id}`;
  const openParent = async (): Promise<FileSystemDirectoryHandle> =>
    (await navigator.storage.getDirectory()).getDirectoryHandle(parent, { create: true });
  return {
    async list() {
      const ids: string[] = [];
      for await (const [name, handle] of (await openParent()).entries()) {
        if (handle.kind === 'directory') ids.push(name);
      }
      return ids.sort();
    },
    read: (id) => createOpfsReader(id, parent),
    withStore: (id, action) =>
      exclusive(lockOf(id), async () => {
        const folder = await (await openParent()).getDirectoryHandle(id, { create: true });
        const store = createOpfsStore(folder, `this browser's storage (${id})`);
        try {
          return await action(store);
        } finally {
          store.close();
        }
      }),
    remove: (id) =>
      exclusive(lockOf(id), async () => {
        await (await openParent()).removeEntry(id, { recursive: true });
      }),
    async room() {
      const { usage = 0, quota = 0 } = await navigator.storage.estimate();
      return { usedBytes: usage, quotaBytes: quota };
    },
  };
}
