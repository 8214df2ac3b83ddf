import { openEngine } from '../../gpu/pipeline/engine.ts';
import type { EnginePack } from '../../gpu/pipeline/pack.ts';
import type { Runtime } from '../../gpu/runtime/runtime.ts';
import type { StoredComponent, StoredTensor } from '../../weights/types.ts';
import { benchPhoto, benchRequest } from './bench-request.ts';

/** Enough for errors of single steps to add up. */
export const LATENT_STEPS = 20;

/** A U-Net in the place of a pack's own. */
export interface OtherUnet {
  readonly component: StoredComponent;
  readonly readShard: (shard: string) => Promise<Uint8Array>;
}

/** Latents [C,h,w] of a whole generation by a pack whose U-Net is another one. */
export async function latentsOf(pack: EnginePack, unet: OtherUnet, runtime: Runtime): Promise<Float32Array> {
  const own = new Set([...unet.component.tensors.values()].flatMap(shardsOf));
  const readShard = (shard: string): Promise<Uint8Array> =>
    own.has(shard) ? unet.readShard(shard) : pack.readShard(shard);
  let latents = new Float32Array();
  const engine = await openEngine({
    runtime,
    pack: {
      ...pack,
      components: new Map([...pack.components, ['unet', unet.component]]),
      readShard,
      openShard: readShard,
    },
    onDump(name, _, data) {
      if (name === `latents.${LATENT_STEPS}`) latents = Float32Array.from(data);
    },
  });
  await engine.generate(benchRequest(pack.manifest, LATENT_STEPS), { loadPhoto: benchPhoto });
  await engine.dispose();
  return latents;
}

function shardsOf(tensor: StoredTensor): readonly string[] {
  return tensor.kind === 'dense' ? [tensor.data.shard] : [tensor.data.shard, tensor.scales.shard];
}
