import { appendFile, mkdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileSource } from './node-source.ts';
import { missingFile, type WritableStore, writeFailure } from './stores.ts';

/** A pack in a folder on disk. */
export function createFolderStore(folder: string): WritableStore {
  const at = (file: string): string => path.join(folder, file);
  return {
    name: folder,
    folder: {
      path: path.resolve(folder),
      async open(file) {
        try {
          return await fileSource(at(file));
        } catch (thrown) {
          throw missingFile(folder, file, thrown);
        }
      },
    },
    async readFile(file) {
      try {
        return new Uint8Array(await readFile(at(file)));
      } catch (thrown) {
        throw missingFile(folder, file, thrown);
      }
    },
    async writeFile(file, bytes) {
      const unfinished = `${at(file)}.unfinished`;
      try {
        await mkdir(path.dirname(at(file)), { recursive: true });
        await writeFile(unfinished, bytes);
        await rename(unfinished, at(file));
      } catch (thrown) {
        throw writeFailure(folder, thrown);
      }
    },
    async appendFile(file, bytes) {
      try {
        await appendFile(at(file), bytes);
      } catch (thrown) {
        throw writeFailure(folder, thrown);
      }
    },
    async byteLength(file) {
      try {
        return (await stat(at(file))).size;
      } catch {
        // Not there, or not readable: for the caller the same answer.
        return undefined;
      }
    },
    truncateFile: (file, byteLength) => truncate(at(file), byteLength),
    removeFile: (file) => rm(at(file), { force: true }),
  };
}
