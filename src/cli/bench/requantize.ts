import { z } from 'zod';
import type { Precision } from '../../weights/pack-manifest.ts';
import { createFolderStore } from '../../weights/node-store.ts';
import type { ParameterSpec } from '../../weights/types.ts';
import { drawnTensor } from './drawn-tensor.ts';
import type { FloatWeights } from './plain-export.ts';
import { type StoredNetwork, storeNetwork } from './stored-network.ts';

export interface Requantized extends StoredNetwork {
  readonly readShard: (shard: string) => Promise<Uint8Array>;
}

/** A network of float32 numbers stored in another precision in a folder. */
export async function requantize(
  { component, bytes }: FloatWeights,
  parameters: readonly ParameterSpec[],
  precision: Precision,
  folder: string,
): Promise<Requantized> {
  const tensors = [...component.tensors].map(([name, { shape, data }]) =>
    drawnTensor(
      name,
      shape,
      () => new Float32Array(bytes.buffer, bytes.byteOffset + data.byteOffset, data.byteLength / 4),
    ),
  );
  const stored = await storeNetwork(
    {
      name: component.name,
      config: z.record(z.string(), z.unknown()).parse(component.config),
      parameters,
      tensors: new Map(tensors),
      precision,
      source: 'the pack itself',
    },
    folder,
  );
  const store = createFolderStore(folder);
  return { ...stored, readShard: (shard) => store.readFile(shard) };
}
