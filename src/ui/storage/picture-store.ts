import { openDatabase, type StoredPicture } from './database.ts';

/** Keeps a picture for later visits; false if the browser refused. */
export async function keepPicture(picture: StoredPicture): Promise<boolean> {
  try {
    await (await openDatabase()).put('pictures', picture);
    return true;
  } catch {
    // Storage is refused or full: the picture is still on the page and can be downloaded.
    return false;
  }
}

/** The newest pictures, newest first; none where the browser refuses storage. */
export async function listPictures(most: number): Promise<readonly StoredPicture[]> {
  try {
    const index = (await openDatabase()).transaction('pictures').store.index('createdAt');
    const found: StoredPicture[] = [];
    let cursor = await index.openCursor(null, 'prev');
    while (cursor !== null && found.length < most) {
      found.push(cursor.value);
      cursor = await cursor.continue();
    }
    return found;
  } catch {
    // Without a database there is no history from before.
    return [];
  }
}

export async function forgetPicture(id: string): Promise<void> {
  try {
    await (await openDatabase()).delete('pictures', id);
  } catch {
    // It was never kept.
  }
}
