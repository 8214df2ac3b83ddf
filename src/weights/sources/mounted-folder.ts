import type { CheckpointFolder } from '../types.ts';

/** A part of a model that comes from elsewhere: files below `at` (or the file `at` itself) are those of `folder`. */
export interface Mount {
  readonly at: string;
  readonly folder: CheckpointFolder;
}

/** One model whose parts lie in several places, for example VAE and adapter in repositories of their own. */
export function mountedFolder(
  name: string,
  base: CheckpointFolder,
  mounts: readonly Mount[],
): CheckpointFolder {
  const find = (path: string): { readonly folder: CheckpointFolder; readonly path: string } => {
    for (const { at, folder } of mounts) {
      if (path === at) return { folder, path: '' };
      if (path.startsWith(`${at}/`)) return { folder, path: path.slice(at.length + 1) };
      // A mount in the model's own folder names a stem: "ms_adapter" is ms_adapter.safetensors or ms_adapter.bin there.
      if (!path.includes('/') && path.startsWith(`${at}.`)) return { folder, path };
    }
    return { folder: base, path };
  };
  return {
    name,
    open(path, signal) {
      const found = find(path);
      return found.folder.open(found.path, signal);
    },
    listFolders: (path) => base.listFolders(path),
    origin(path) {
      const found = find(path);
      return found.folder.origin?.(found.path);
    },
  };
}
