import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileSource } from '../weights/node-source.ts';
import type { CheckpointFolder } from '../weights/types.ts';

async function isFile(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch {
    // Not there, or not readable: for the caller the same answer.
    return false;
  }
}

/** A checkpoint folder on disk. */
export function diskCheckpoint(folder: string): CheckpointFolder {
  return {
    name: folder,
    async open(file) {
      const target = path.join(folder, file);
      return (await isFile(target)) ? fileSource(target) : undefined;
    },
    async listFolders(directory) {
      try {
        const entries = await readdir(path.join(folder, directory), { withFileTypes: true });
        return entries
          .filter((entry) => entry.isDirectory())
          .map(({ name }) => name)
          .sort();
      } catch {
        // No such folder means no sub-folders.
        return [];
      }
    },
  };
}
