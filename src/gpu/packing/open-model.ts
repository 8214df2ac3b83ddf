import { type Mount, mountedFolder } from '../../weights/sources/mounted-folder.ts';
import { openSource, type SourceAccess } from '../../weights/sources/open-source.ts';
import type { CheckpointFolder } from '../../weights/types.ts';
import { type ModelSources, PARTS } from './sdxl-recipe.ts';

export interface OpenedModel {
  readonly folder: CheckpointFolder;
  /** The same sources at the commits that were opened. */
  readonly pinned: ModelSources;
}

/** Opens a model whose parts may lie in several places, each pinned to what it is now. */
export async function openModel(
  sources: ModelSources,
  access: SourceAccess,
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
  return {
    folder: mountedFolder(base.folder.name, base.folder, mounts),
    pinned: { base: base.pinned, parts },
  };
}
