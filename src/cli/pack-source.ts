import { join } from 'node:path';
import { packCheckpoint } from '../gpu/packing/pack-checkpoint.ts';
import type { PackDescription } from '../gpu/packing/plan-pack.ts';
import { PUBLISHED_DEFAULTS } from '../gpu/packing/sdxl-recipe.ts';
import type { Runtime } from '../gpu/runtime/runtime.ts';
import { createFolderStore } from '../weights/node-store.ts';
import { type OpenedPack, openPack } from '../weights/pack-reader.ts';
import type { Precision } from '../weights/pack-manifest.ts';
import { createMemoryStore } from '../weights/stores.ts';
import { type CheckpointSources, openPackCheckpoint } from './checkpoint-sources.ts';

/** Where packs lie that the app serves. */
const MODELS_FOLDER = join('public', 'models');

export type PackSource =
  | { readonly kind: 'pack'; readonly folder: string }
  /** A model in the official layouts, converted in memory for this run. */
  | { readonly kind: 'checkpoint'; readonly sources: CheckpointSources; readonly precision: Precision };

/** The folder of a pack that the app serves. */
export function servedPackFolder(id: string): string {
  return join(MODELS_FOLDER, id);
}

export function servedPack(id: string): PackSource {
  return { kind: 'pack', folder: servedPackFolder(id) };
}

/** The settings of RelationBooth's published inference, where a checkpoint says nothing itself. */
function describeCheckpoint(id: string): PackDescription {
  return {
    id,
    title: id,
    description: 'Converted for one run of the command line.',
    limits: '',
    licence: { name: '', url: '' },
    defaults: PUBLISHED_DEFAULTS,
  };
}

/** Opens a pack, or makes one of a checkpoint under the id that the request names. */
export async function openPackSource(source: PackSource, id: string, runtime: Runtime): Promise<OpenedPack> {
  if (source.kind === 'pack') return openPack(createFolderStore(source.folder));
  const checkpoint = await openPackCheckpoint(source.sources);
  const store = createMemoryStore(checkpoint.name);
  await packCheckpoint(checkpoint, store, {
    precision: source.precision,
    description: describeCheckpoint(id),
    describeLora: (name) => ({ id: name, title: name, description: '', predicates: [name], objects: 2 }),
    runtime,
  });
  return openPack(store);
}
