import { AppError } from '../../shared/errors.ts';
import type { ReadShard, Runtime } from '../runtime/runtime.ts';
import type { ComponentName, PackFile, PackManifest } from '../../weights/pack-manifest.ts';
import type { ShardContent, StoredComponent } from '../../weights/types.ts';

/** What the engine asks of an opened pack; the reader checks sizes and hashes. */
export interface EnginePack {
  readonly manifest: PackManifest;
  readonly components: ReadonlyMap<ComponentName, StoredComponent>;
  /** A shard's whole bytes. */
  readShard(shard: string): Promise<Uint8Array>;
  /** The same for a runtime that reads files: it may give the folder instead. */
  openShard(shard: string): Promise<ShardContent>;
  readFile(file: PackFile): Promise<Uint8Array>;
}

/** A pack's shards in the form that the runtime takes with the least memory. */
export function shardsFor(runtime: Runtime, pack: EnginePack): ReadShard {
  return runtime.readsFiles ? (shard) => pack.openShard(shard) : (shard) => pack.readShard(shard);
}

/** Throws AppError 'bad-pack' if the pack lacks the component. */
export function requireComponent(pack: EnginePack, name: ComponentName): StoredComponent {
  const component = pack.components.get(name);
  if (component !== undefined) return component;
  throw new AppError('bad-pack', `The pack "${pack.manifest.id}" has no ${name}. Install it again.`);
}

/** Bytes of every shard file of the pack, by name. */
export function shardByteLengths(manifest: PackManifest): ReadonlyMap<string, number> {
  const components = Object.values(manifest.components);
  return new Map(
    components.flatMap(({ shards }) => shards.map(({ file, byteLength }) => [file, byteLength] as const)),
  );
}
