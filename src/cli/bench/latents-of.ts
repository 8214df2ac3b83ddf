import { openEngine } from '../../gpu/pipeline/engine.ts';
import type { EnginePack } from '../../gpu/pipeline/pack.ts';
import type { Runtime } from '../../gpu/runtime/runtime.ts';
import { benchPhoto, benchRequest } from './bench-request.ts';
import { type OtherNetwork, withNetworks } from './other-networks.ts';

/** Enough for errors of single steps to add up. */
export const LATENT_STEPS = 20;

/** Latents [C,h,w] of a whole generation by a pack whose U-Net is another one. */
export async function latentsOf(
  pack: EnginePack,
  unet: OtherNetwork,
  runtime: Runtime,
): Promise<Float32Array> {
  let latents = new Float32Array();
  const engine = await openEngine({
    runtime,
    pack: withNetworks(pack, new Map([['unet', unet]])),
    onDump(name, _, data) {
      if (name === `latents.${LATENT_STEPS}`) latents = Float32Array.from(data);
    },
  });
  await engine.generate(benchRequest(pack.manifest, LATENT_STEPS), { loadPhoto: benchPhoto });
  await engine.dispose();
  return latents;
}
