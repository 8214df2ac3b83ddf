import type { PackManifest } from '../../weights/pack-manifest.ts';
import type { WritableStore } from '../../weights/stores.ts';
import type { CheckpointFolder } from '../../weights/types.ts';
import { installPack, type InstallPackOptions } from './install-pack.ts';
import { planPack } from './plan-pack.ts';

/** Plans and makes a pack of a model in one call, for models whose cost needs no thought beforehand. */
export async function packCheckpoint(
  folder: CheckpointFolder,
  store: WritableStore,
  options: InstallPackOptions,
): Promise<PackManifest> {
  return installPack(await planPack(folder, { signal: options.signal }), store, options);
}
