import { join } from 'node:path';
import { parseUnetConfig } from '../../gpu/networks/unet-config.ts';
import { unetParameters } from '../../gpu/networks/unet-parameters.ts';
import { elementCount } from '../../weights/shape.ts';
import type { Phase } from './peak-memory.ts';
import { sdxlUnetConfig, storeRandomUnet } from './random-unet.ts';
import { type StepMemory, stepMemory } from './step-memory.ts';
import { storedByteLength } from './stored-network.ts';

export interface FullSizeReport extends StepMemory {
  readonly parameters: number;
  readonly packBytes: number;
  /** Absent where an earlier run left the weights in the cache. */
  readonly quantize: Phase | undefined;
}

/** One conditional step of SDXL's U-Net at 1024 × 1024 on random 4-bit weights, twice, on the CPU provider. */
export async function fullSizeStep({
  threads,
  cache,
}: {
  readonly threads: number;
  readonly cache: string;
}): Promise<FullSizeReport> {
  const config = await sdxlUnetConfig();
  const folder = join(cache, 'full-size-q4');
  const quantize = await storeRandomUnet(config, 'q4', folder);
  const measured = await stepMemory(folder, {
    provider: 'cpu',
    threads,
    latentHeight: 128,
    latentWidth: 128,
    batch: 1,
    memoryPattern: false,
    runs: 2,
  });
  const parameters = unetParameters(parseUnetConfig(config));
  return {
    parameters: parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0),
    packBytes: await storedByteLength(folder),
    quantize,
    ...measured,
  };
}
