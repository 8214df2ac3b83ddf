import { blobSource } from '../sources.ts';
import type { CheckpointFolder } from '../types.ts';
import { subFolders } from './sub-folders.ts';

/** A folder that a person dropped or picked: its files by path below it. */
export function blobFolder(name: string, files: ReadonlyMap<string, Blob>): CheckpointFolder {
  return {
    name,
    open(path) {
      const file = files.get(path);
      return Promise.resolve(file === undefined ? undefined : blobSource(path, file));
    },
    listFolders: (path) => Promise.resolve(subFolders(files.keys(), path)),
  };
}
