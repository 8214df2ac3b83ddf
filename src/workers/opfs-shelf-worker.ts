import { AppError } from '../shared/errors.ts';
import { createOpfsReader, PACKS_FOLDER } from '../weights/opfs-reader.ts';
import { createOpfsStore } from '../weights/opfs-store-worker.ts';
import type { PackShelf } from './pack-shelf.ts';

/** Runs `action` while no other tab works on the pack. Throws AppError 'bad-request' if one does. */
function exclusive<T>(id: string, action: () => Promise<T>): Promise<T> {
  return navigator.locks.request(`relationbooth-pack-${id}`, { ifAvailable: true }, (lock) => {
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

async function packsFolder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(PACKS_FOLDER, { create: true });
}

/** Packs in this browser's private storage, one folder each. */
export function createOpfsShelf(): PackShelf {
  return {
    async list() {
      const ids: string[] = [];
      for await (const [name, handle] of (await packsFolder()).entries()) {
        if (handle.kind === 'directory') ids.push(name);
      }
      return ids.sort();
    },
    read: createOpfsReader,
    withStore: (id, action) =>
      exclusive(id, async () => {
        const folder = await (await packsFolder()).getDirectoryHandle(id, { create: true });
        const store = createOpfsStore(folder, `this browser's storage (${id})`);
        try {
          return await action(store);
        } finally {
          store.close();
        }
      }),
    remove: (id) =>
      exclusive(id, async () => {
        await (await packsFolder()).removeEntry(id, { recursive: true });
      }),
    async room() {
      const { usage = 0, quota = 0 } = await navigator.storage.estimate();
      return { usedBytes: usage, quotaBytes: quota };
    },
  };
}
