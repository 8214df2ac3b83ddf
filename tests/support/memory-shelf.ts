import { AppError } from '../../src/shared/errors.ts';
import { createMemoryStore, type WritableStore } from '../../src/weights/stores.ts';
import type { PackShelf } from '../../src/workers/pack-shelf.ts';

export interface MemoryShelf extends PackShelf {
  readonly stores: ReadonlyMap<string, WritableStore>;
}

/** Packs in memory, with the locks of a real shelf. */
export function createMemoryShelf(quotaBytes = 1e12): MemoryShelf {
  const stores = new Map<string, WritableStore>();
  const held = new Set<string>();
  const storeOf = (id: string): WritableStore => stores.get(id) ?? createMemoryStore(id);
  return {
    stores,
    list: () => Promise.resolve([...stores.keys()].sort()),
    read: storeOf,
    async withStore(id, action) {
      if (held.has(id)) throw new AppError('bad-request', 'This model is being installed in another tab.');
      held.add(id);
      const store = storeOf(id);
      stores.set(id, store);
      try {
        return await action(store);
      } finally {
        held.delete(id);
      }
    },
    remove(id) {
      if (held.has(id)) return Promise.reject(new AppError('bad-request', 'This model is being installed.'));
      stores.delete(id);
      return Promise.resolve();
    },
    room: () => Promise.resolve({ usedBytes: 0, quotaBytes }),
  };
}
