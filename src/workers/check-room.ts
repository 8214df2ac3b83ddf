import { AppError } from '../shared/errors.ts';
import { JOURNAL_FILE, lastProgress } from '../weights/install/install-journal.ts';
import type { WritableStore } from '../weights/stores.ts';
import type { WeightStore } from '../weights/types.ts';
import type { PackShelf } from './pack-shelf.ts';

/** How far the install in a store is; nothing of nothing before it stored something. */
export async function readProgress(store: WeightStore): Promise<ReturnType<typeof lastProgress>> {
  // Without a journal nothing was stored yet.
  return lastProgress(await store.readFile(JOURNAL_FILE).catch(() => new Uint8Array(0)));
}

/** Throws AppError 'storage-full' if the rest of a model will not fit; what is stored of it counts as used. */
export async function checkRoom(shelf: PackShelf, storedBytes: number, store: WritableStore): Promise<void> {
  const { usedBytes, quotaBytes } = await shelf.room();
  const { doneBytes, totalBytes } = await readProgress(store);
  const rest = totalBytes === 0 ? storedBytes : storedBytes * (1 - doneBytes / totalBytes);
  const lacking = usedBytes + rest - quotaBytes;
  if (lacking <= 0) return;
  throw new AppError(
    'storage-full',
    `This model needs ${Math.ceil(lacking / 1e6)} MB more than this browser allows here. Uninstall another model, or choose fewer bits.`,
    { retryable: true },
  );
}
