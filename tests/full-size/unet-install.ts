import { z } from 'zod';
import { parseUnetConfig } from '../../src/gpu/networks/unet-config.ts';
import { crossAttentionParameters, unetParameters } from '../../src/gpu/networks/unet-parameters.ts';
import { openWeights, readJson } from '../../src/gpu/packing/checkpoint-folder.ts';
import type { SliceConverter } from '../../src/weights/install/convert-slice.ts';
import type { InstallNetwork } from '../../src/weights/install/install-files.ts';
import { installNetworks, type InstalledNetwork } from '../../src/weights/install/install-networks.ts';
import { PRECISIONS } from '../../src/weights/pack-manifest.ts';
import type { WritableStore } from '../../src/weights/stores.ts';
import { openHub } from '../../src/weights/sources/hub.ts';

export const unetInstallSchema = z.object({
  /** Address of serve-unet.ts. */
  endpoint: z.string(),
  precision: z.enum(PRECISIONS),
  /** Whether slices are converted in threads beside the one that reads and stores. */
  threads: z.boolean(),
});
export type UnetInstall = z.output<typeof unetInstallSchema>;

export interface UnetInstalled {
  readonly networks: ReadonlyMap<string, InstalledNetwork>;
  readonly downloadedBytes: number;
  readonly seconds: number;
}

/** The U-Net that serve-unet.ts serves, and the keys and values of its text branch, from one file. */
async function servedNetworks({ endpoint, precision }: UnetInstall): Promise<readonly InstallNetwork[]> {
  const model = (await openHub('test/sdxl', 'main', { endpoint })).folder();
  const config = parseUnetConfig(await readJson(model, 'unet/config.json', z.unknown()));
  const { tensors } = await openWeights(model, 'unet', 'diffusion_pytorch_model');
  // The adapter's keys and values are no part of this file.
  const ofText = crossAttentionParameters(config).filter(({ name }) => !name.includes('_ip.'));
  return [
    { name: 'unet', parameters: unetParameters(config), tensors, precision },
    { name: 'cross_attention', parameters: ofText, tensors, precision },
  ];
}

/** Installs what serve-unet.ts serves, by the code that the app and `npm run pack` install with. */
export async function installUnet(
  job: UnetInstall,
  store: WritableStore,
  converter: SliceConverter | undefined,
): Promise<UnetInstalled> {
  const served = await servedNetworks(job);
  const started = performance.now();
  let downloadedBytes = 0;
  const networks = await installNetworks(served, {
    store,
    converter,
    onProgress: ({ totalBytes }) => {
      downloadedBytes = totalBytes;
    },
  });
  return { networks, downloadedBytes, seconds: (performance.now() - started) / 1000 };
}
