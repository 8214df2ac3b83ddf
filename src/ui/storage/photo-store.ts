import { type PhotoRef } from '../model/editor.ts';
import { openDatabase, type StoredPhoto } from './database.ts';

/**
 * Photos of this visit are always in memory; the database keeps them for later visits. Where the browser
 * refuses storage, the visit works all the same.
 */
const inMemory = new Map<string, StoredPhoto>();

/** Keeps a photo; resolves to false if it will not survive this visit. */
export async function keepPhoto(photo: StoredPhoto): Promise<boolean> {
  inMemory.set(photo.sha256, photo);
  try {
    await (await openDatabase()).put('photos', photo);
    return true;
  } catch {
    // Storage is refused or full: the caller says so, the photo stays usable.
    return false;
  }
}

/** The photo with that hash, or undefined if this browser does not hold it. */
export async function findPhoto(sha256: string): Promise<StoredPhoto | undefined> {
  const known = inMemory.get(sha256);
  if (known !== undefined) return known;
  try {
    const stored = await (await openDatabase()).get('photos', sha256);
    if (stored !== undefined) inMemory.set(sha256, stored);
    return stored;
  } catch {
    // Without a database only this visit's photos are known.
    return undefined;
  }
}

/** What the editor holds of a stored photo. */
export function photoRefOf({ sha256, name, edit }: StoredPhoto): PhotoRef {
  return edit === undefined ? { sha256, name } : { sha256, name, edit };
}

const urls = new Map<string, string>();

/** An address for an `<img>`, made once a photo and kept for the visit; undefined if the photo is not here. */
export async function photoUrl(sha256: string): Promise<string | undefined> {
  const known = urls.get(sha256);
  if (known !== undefined) return known;
  const photo = await findPhoto(sha256);
  if (photo === undefined) return undefined;
  const url = urls.get(sha256) ?? URL.createObjectURL(photo.display ?? photo.blob);
  urls.set(sha256, url);
  return url;
}
