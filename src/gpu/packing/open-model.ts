import { type Mount, mountedFolder } from '../../weights/sources/mounted-folder.ts';
import { type FileAccess, openFile } from '../../weights/sources/open-file.ts';
import { openSource } from '../../weights/sources/open-source.ts';
import type { ByteSource, CheckpointFolder } from '../../weights/types.ts';
import type { LoraToMerge } from './merge-loras.ts';
import { type ModelSources, PARTS } from './sdxl-recipe.ts';

export interface OpenedModel {
  readonly folder: CheckpointFolder;
  readonly singleFile: ByteSource | undefined;
  readonly mergeLoras: readonly LoraToMerge[];
  /** The same sources at the commits that were opened. */
  readonly pinned: ModelSources;
}

/** Opens a model whose parts may lie in several places, each pinned to what it is now. */
export async function openModel(
  sources: ModelSources,
  access: FileAccess,
  signal?: AbortSignal,
): Promise<OpenedModel> {
  const base = await openSource(sources.base, access, signal);
  const parts: ModelSources['parts'] = {};
  const mounts: Mount[] = [];
  for (const at of PARTS) {
    const spec = sources.parts[at];
    if (spec === undefined) continue;
    const { folder, pinned } = await openSource(spec, access, signal);
    mounts.push({ at, folder });
    parts[at] = pinned;
  }
  const single =
    sources.singleFile === undefined ? undefined : await openFile(sources.singleFile, access, signal);
  const mergeLoras: LoraToMerge[] = [];
  const pinnedLoras: NonNullable<ModelSources['mergeLoras']> = [];
  for (const { file, weight } of sources.mergeLoras ?? []) {
    const { source, pinned } = await openFile(file, access, signal);
    mergeLoras.push({ source, weight });
    pinnedLoras.push({ file: pinned, weight });
  }
  return {
    folder: mountedFolder(base.folder.name, base.folder, mounts),
    singleFile: single?.source,
    mergeLoras,
    pinned: { base: base.pinned, parts, singleFile: single?.pinned, mergeLoras: pinnedLoras },
  };
}
