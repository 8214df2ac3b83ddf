import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { missingFile, type WritableStore } from './stores.ts';

/** A pack in a folder on disk. */
export function createFolderStore(folder: string): WritableStore {
  return {
    name: folder,
    async readFile(file) {
      try {
        return new Uint8Array(await readFile(path.join(folder, file)));
      } catch (thrown) {
        throw missingFile(folder, file, thrown);
      }
    },
    async writeFile(file, bytes) {
      const target = path.join(folder, file);
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, bytes);
    },
    async appendFile(file, bytes) {
      await appendFile(path.join(folder, file), bytes);
    },
  };
}
