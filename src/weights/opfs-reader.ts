import { missingFile } from './stores.ts';
import type { WeightStore } from './types.ts';

/** The folder of this browser's private storage that holds installed packs. */
export const PACKS_FOLDER = 'packs';

/** A file below a folder of the private storage; throws NotFoundError if it or its folder is missing. */
export async function findFile(root: FileSystemDirectoryHandle, path: string): Promise<FileSystemFileHandle> {
  const parts = path.split('/');
  let folder = root;
  for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part);
  return folder.getFileHandle(parts.at(-1) ?? path);
}

/** The folder there that holds the model that finds objects in photos. */
export const CUT_OUT_FOLDER = 'cut-out-models';

/** A file of a pack, not yet read; `parent` is the folder that holds the pack's. Throws AppError 'bad-pack' if it is missing. */
export async function openOpfsFile(id: string, path: string, parent: string): Promise<File> {
  try {
    const root = await navigator.storage.getDirectory();
    return await (await findFile(root, `${parent}/${id}/${path}`)).getFile();
  } catch (thrown) {
    throw missingFile(storeName(id), path, thrown);
  }
}

function storeName(id: string): string {
  return `this browser's storage (${id})`;
}

/** A pack in this browser's private storage, for reading. */
export function createOpfsReader(id: string, parent: string = PACKS_FOLDER): WeightStore {
  return {
    name: storeName(id),
    async readFile(path) {
      const file = await openOpfsFile(id, path, parent);
      try {
        return new Uint8Array(await file.arrayBuffer());
      } catch (thrown) {
        throw missingFile(storeName(id), path, thrown);
      }
    },
  };
}
