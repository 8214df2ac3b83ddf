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

/** A pack in this browser's private storage, for reading. */
export function createOpfsReader(id: string): WeightStore {
  const name = `this browser's storage (${id})`;
  return {
    name,
    async readFile(path) {
      try {
        const root = await navigator.storage.getDirectory();
        const handle = await findFile(root, `${PACKS_FOLDER}/${id}/${path}`);
        return new Uint8Array(await (await handle.getFile()).arrayBuffer());
      } catch (thrown) {
        throw missingFile(name, path, thrown);
      }
    },
  };
}
