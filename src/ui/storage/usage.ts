import { MODEL_CACHE } from '../../workers/model-cache.ts';
import { openDatabase } from './database.ts';

/** What the app stores, as the person can clear it. */
export const STORED_KINDS = ['pictures', 'photos', 'loras', 'models'] as const;
export type StoredKind = (typeof STORED_KINDS)[number];

export interface KindUse {
  readonly count: number;
  readonly bytes: number;
}

export interface StorageUse {
  /** Bytes that the browser counts for this page and what it would allow; null where it does not say. */
  readonly used: number | null;
  readonly quota: number | null;
  /** True where the browser promised not to clear this page's storage by itself. */
  readonly persistent: boolean;
  readonly kinds: Readonly<Record<StoredKind, KindUse>>;
}

const NOTHING: KindUse = { count: 0, bytes: 0 };

function sum(sizes: readonly number[]): KindUse {
  return { count: sizes.length, bytes: sizes.reduce((total, bytes) => total + bytes, 0) };
}

/** Blobs are sized without being read. */
async function databaseUse(): Promise<Pick<StorageUse['kinds'], 'pictures' | 'photos' | 'loras'>> {
  const database = await openDatabase();
  return {
    pictures: sum((await database.getAll('pictures')).map(({ png }) => png.size)),
    photos: sum((await database.getAll('photos')).map(({ blob }) => blob.size)),
    loras: sum((await database.getAll('loras')).map(({ blob }) => blob.size)),
  };
}

async function modelUse(): Promise<KindUse> {
  if (!(await caches.has(MODEL_CACHE))) return NOTHING;
  const cache = await caches.open(MODEL_CACHE);
  const responses = await Promise.all((await cache.keys()).map((key) => cache.match(key)));
  const blobs = await Promise.all(responses.map(async (response) => response?.blob()));
  return sum(blobs.map((blob) => blob?.size ?? 0));
}

/** What is stored here. Throws what the browser throws where it refuses storage. */
export async function measureStorage(): Promise<StorageUse> {
  const { usage = null, quota = null } = await navigator.storage.estimate();
  return {
    used: usage,
    quota,
    persistent: await navigator.storage.persisted(),
    kinds: { ...(await databaseUse()), models: await modelUse() },
  };
}

/** Removes everything of a kind, apart from the photos and LoRA files whose keys are in use. */
export async function purge(kind: StoredKind, inUse: ReadonlySet<string>): Promise<void> {
  if (kind === 'models') {
    await caches.delete(MODEL_CACHE);
    return;
  }
  const transaction = (await openDatabase()).transaction(kind, 'readwrite');
  const keys = await transaction.store.getAllKeys();
  await Promise.all(keys.filter((key) => !inUse.has(key)).map((key) => transaction.store.delete(key)));
  await transaction.done;
}
