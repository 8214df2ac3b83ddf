import { z } from 'zod';
import { diskCheckpoint } from '../../src/cli/node-checkpoint.ts';
import type { CheckpointFolder } from '../../src/weights/types.ts';
import type { InstallPackOptions } from '../../src/gpu/packing/install-pack.ts';
import { packCheckpoint } from '../../src/gpu/packing/pack-checkpoint.ts';
import { createNodeRuntime } from '../../src/gpu/runtime/node-runtime.ts';
import { type OpenedPack, openPack } from '../../src/weights/pack-reader.ts';
import type { Precision } from '../../src/weights/pack-manifest.ts';
import { createMemoryStore, type WritableStore } from '../../src/weights/stores.ts';
import { caseConfigChanges, TINY_CHECKPOINT } from './golden.ts';

/** What the pack "golden" says of itself. */
export const goldenDescription: Pick<InstallPackOptions, 'description' | 'describeLora'> = {
  description: {
    id: 'golden',
    title: 'Golden',
    description: 'Random weights for tests.',
    limits: 'Draws noise.',
    licence: { name: 'MIT', url: '' },
    defaults: {
      steps: 4,
      sampler: 'euler',
      guidance: 5,
      identityScale: 0.6,
      localTokens: true,
      width: 128,
      height: 128,
      negativePrompt: '',
    },
    fewSteps: { sampler: 'euler-trailing', steps: 2, guidance: 1 },
  },
  describeLora: (id) => ({ id, title: id, description: '', predicates: [id], objects: 2 }),
};

/** Turns the golden checkpoint into the pack "golden" in `store`. */
export async function writeTinyPack(
  store: WritableStore,
  precision: Precision = 'fp32',
  checkpoint: CheckpointFolder = diskCheckpoint(TINY_CHECKPOINT),
): Promise<void> {
  const runtime = createNodeRuntime({ threads: 1 });
  await packCheckpoint(checkpoint, store, { ...goldenDescription, precision, runtime });
  await runtime.dispose();
}

/** The golden checkpoint as an opened pack in memory. */
export async function openTinyPack(precision: Precision = 'fp32'): Promise<OpenedPack> {
  const store = createMemoryStore('golden');
  await writeTinyPack(store, precision);
  return openPack(store);
}

/** The pack with the scheduler and VAE configuration of a golden case. */
export function packOfCase(pack: OpenedPack, name: string): OpenedPack {
  const changes = caseConfigChanges(name);
  const vae = pack.components.get('vae');
  if (vae === undefined) throw new Error('the golden pack has a VAE');
  const config = { ...z.record(z.string(), z.unknown()).parse(vae.config), ...changes.vae };
  return {
    ...pack,
    manifest: { ...pack.manifest, scheduler: { ...pack.manifest.scheduler, ...changes.scheduler } },
    components: new Map([...pack.components, ['vae', { ...vae, config }]]),
  };
}

/** For hooks that pack the checkpoint and load networks: seconds on an idle machine, longer on a busy one. */
export const LOAD_TIMEOUT = 120_000;
