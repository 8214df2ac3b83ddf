import { openDatabase, type StoredLora } from './database.ts';

/** LoRA files of this visit, for browsers that refuse storage; elsewhere the database holds them. */
const inMemory = new Map<string, StoredLora>();

/** Keeps a LoRA file; resolves to false if it will not survive this visit. */
export async function keepLora(lora: StoredLora): Promise<boolean> {
  inMemory.set(lora.id, lora);
  try {
    await (await openDatabase()).put('loras', lora);
    return true;
  } catch {
    // Storage is refused or full: the caller says so, the LoRA stays usable.
    return false;
  }
}

export async function findLora(id: string): Promise<StoredLora | undefined> {
  const known = inMemory.get(id);
  if (known !== undefined) return known;
  try {
    return await (await openDatabase()).get('loras', id);
  } catch {
    // Without a database only this visit's files are known.
    return undefined;
  }
}

/** Every LoRA file that is kept here. */
export async function listLoras(): Promise<readonly StoredLora[]> {
  try {
    return await (await openDatabase()).getAll('loras');
  } catch {
    return [...inMemory.values()];
  }
}

/** Takes a LoRA file away. */
export async function forgetLora(id: string): Promise<void> {
  inMemory.delete(id);
  try {
    await (await openDatabase()).delete('loras', id);
  } catch {
    // Without a database it was only in memory.
  }
}
