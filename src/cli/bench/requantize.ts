import { storedComponent } from '../../weights/pack-reader.ts';
import type { Precision } from '../../weights/pack-manifest.ts';
import { packComponent } from '../../weights/pack-writer.ts';
import { createFolderStore } from '../../weights/node-store.ts';
import type { ParameterSpec, StoredComponent } from '../../weights/types.ts';
import { drawnTensor } from './drawn-tensor.ts';
import type { FloatWeights } from './plain-export.ts';

export interface Requantized {
  readonly component: StoredComponent;
  readonly readShard: (shard: string) => Promise<Uint8Array>;
  readonly byteLength: number;
}

/** What a folder holds beside the shards: the manifest's entry of the network. */
export const COMPONENT_FILE = 'component.json';

/** A network of float32 numbers stored in another precision in a folder, as a pack would hold it. */
export async function requantize(
  { component, bytes }: FloatWeights,
  parameters: readonly ParameterSpec[],
  precision: Precision,
  folder: string,
): Promise<Requantized> {
  const store = createFolderStore(folder);
  const tensors = [...component.tensors].map(([name, { shape, data }]) =>
    drawnTensor(
      name,
      shape,
      () => new Float32Array(bytes.buffer, bytes.byteOffset + data.byteOffset, data.byteLength / 4),
    ),
  );
  const packed = await packComponent(
    {
      name: component.name,
      config: {},
      parameters,
      tensors: new Map(tensors),
      precision,
      source: 'the pack itself',
    },
    store,
  );
  const entry = { ...packed, config: component.config };
  await store.writeFile(COMPONENT_FILE, new TextEncoder().encode(JSON.stringify(entry)));
  return {
    component: { ...storedComponent(component.name, packed), config: component.config },
    readShard: (shard) => store.readFile(shard),
    byteLength: packed.shards.reduce((sum, shard) => sum + shard.byteLength, 0),
  };
}
