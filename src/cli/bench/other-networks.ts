import type { EnginePack } from '../../gpu/pipeline/pack.ts';
import type { ComponentName } from '../../weights/pack-manifest.ts';
import type { StoredComponent, StoredTensor } from '../../weights/types.ts';

/** A network in the place of a pack's own. Its shards have names that the pack does not use. */
export interface OtherNetwork {
  readonly component: StoredComponent;
  readonly readShard: (shard: string) => Promise<Uint8Array>;
}

/** A pack of which some networks are other ones. */
export function withNetworks(pack: EnginePack, others: ReadonlyMap<ComponentName, OtherNetwork>): EnginePack {
  const readers = new Map(
    [...others.values()].flatMap(({ component, readShard }) =>
      [...component.tensors.values()].flatMap(shardsOf).map((shard) => [shard, readShard] as const),
    ),
  );
  const readShard = (shard: string): Promise<Uint8Array> =>
    (readers.get(shard) ?? ((own) => pack.readShard(own)))(shard);
  const components = [...others].map(([name, { component }]) => [name, component] as const);
  return {
    ...pack,
    components: new Map([...pack.components, ...components]),
    readShard,
    openShard: readShard,
  };
}

function shardsOf(tensor: StoredTensor): readonly string[] {
  return tensor.kind === 'dense' ? [tensor.data.shard] : [tensor.data.shard, tensor.scales.shard];
}
