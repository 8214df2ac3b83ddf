import { storedComponent } from '../../weights/pack-reader.ts';
import { packComponent, type Precision } from '../../weights/pack-writer.ts';
import { createMemoryStore } from '../../weights/stores.ts';
import type { CheckpointTensor, ParameterSpec, StoredComponent } from '../../weights/types.ts';
import type { FloatWeights } from './plain-export.ts';

export interface Requantized {
  readonly component: StoredComponent;
  readonly readShard: (shard: string) => Promise<Uint8Array>;
  readonly byteLength: number;
}

/** A network of float32 numbers stored in another precision, as a pack would hold it. */
export async function requantize(
  { component, bytes }: FloatWeights,
  parameters: readonly ParameterSpec[],
  precision: Precision,
): Promise<Requantized> {
  const store = createMemoryStore(precision);
  const tensors = [...component.tensors].map(
    ([name, { shape, data }]): readonly [string, CheckpointTensor] => {
      const read = (): Promise<Uint8Array> =>
        Promise.resolve(bytes.subarray(data.byteOffset, data.byteOffset + data.byteLength));
      return [name, { name, dtype: 'F32', shape, read }];
    },
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
  return {
    component: { ...storedComponent(component.name, packed), config: component.config },
    readShard: (shard) => store.readFile(shard),
    byteLength: packed.shards.reduce((sum, shard) => sum + shard.byteLength, 0),
  };
}
