import { AppError } from '../../shared/errors.ts';
import { openDatabase } from '../storage/database.ts';
import { photoHashesOf } from '../model/editor.ts';
import { purge, type StoredKind } from '../storage/usage.ts';
import { strings } from '../strings/index.ts';
import { store } from './app-state.ts';
import { loadLoras } from './lora-actions.ts';
import { complain } from './notices.ts';

/** Says so when the browser stores nothing: the work then lives as long as the page. */
export async function checkStorage(): Promise<void> {
  try {
    await openDatabase();
  } catch (cause) {
    complain(new AppError('storage-full', strings().notices.storageRefused, { cause }));
  }
}

/** What the work on the page needs: the editor's photos and LoRAs, and those of waiting pictures. */
function keysInUse(): ReadonlySet<string> {
  const { editor, queue, job } = store.getState();
  const requests = queue.map(({ request }) => request);
  if (job.kind === 'running') requests.push(job.request);
  return new Set([
    ...photoHashesOf(editor),
    ...editor.loras.map(({ id }) => id),
    ...requests.flatMap(({ objects }) => objects.map(({ image }) => image)),
    ...requests.flatMap(({ relation }) => relation.map(({ lora }) => lora)),
  ]);
}

/** Clears what is stored of a kind; what the page works with stays. */
export async function clearStored(kind: StoredKind): Promise<void> {
  await purge(kind, keysInUse());
  if (kind === 'loras') await loadLoras();
  if (kind === 'pictures') {
    const { pictures, shown } = store.getState();
    store.setState({ pictures: [] });
    for (const { id, url } of pictures) if (id !== shown?.id) URL.revokeObjectURL(url);
  }
}
