import type { ComponentName, PackManifest } from '../../weights/pack-manifest.ts';
import { unetBytesPerCell } from '../networks/unet-activations.ts';
import { unetConfigSchema } from '../networks/unet-config.ts';
import { decoderBytesPerCell, vaeConfigSchema } from '../networks/vae-decoder.ts';
import type { Footprint } from './footprint.ts';
import { type NetworkShapes, passWorkOf } from './pass-work.ts';

/** A network by its shapes, and what its weights take where they are stored. */
export interface SizedNetwork extends NetworkShapes {
  readonly byteLength: number;
}

export function footprintOf(
  networks: Readonly<Partial<Record<ComponentName, SizedNetwork | undefined>>>,
): Footprint {
  const unet = unetConfigSchema.safeParse(networks.unet?.config);
  const vae = vaeConfigSchema.safeParse(networks.vae?.config);
  return {
    networkBytes: Object.values(networks).flatMap((network) =>
      network === undefined ? [] : [network.byteLength],
    ),
    passWork: passWorkOf({ components: networks }),
    activations:
      unet.success && vae.success
        ? { unet: unetBytesPerCell(unet.data), decoder: decoderBytesPerCell(vae.data) }
        : null,
  };
}

/** Of a pack that is made. */
export function packFootprint({ components }: Pick<PackManifest, 'components'>): Footprint {
  return footprintOf(
    Object.fromEntries(
      Object.entries(components).map(([name, { config, tensors, shards }]) => [
        name,
        { config, tensors, byteLength: shards.reduce((sum, { byteLength }) => sum + byteLength, 0) },
      ]),
    ),
  );
}
