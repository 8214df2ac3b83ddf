import { z } from 'zod';
import { AppError, messageOf } from '../shared/errors.ts';
import {
  COMPONENTS,
  type ComponentName,
  type PackFile,
  type PackManifest,
  packManifestSchema,
} from './pack-manifest.ts';
import { sha256 } from './sha256.ts';
import type { ShardRange, StoredComponent, StoredTensor, WeightStore } from './types.ts';

/** A pack whose manifest was read and checked; weights are read when asked for. */
export interface OpenedPack {
  readonly manifest: PackManifest;
  readonly components: ReadonlyMap<ComponentName, StoredComponent>;
  /** A shard's whole bytes, checked against the manifest's size and SHA-256. */
  readShard(shard: string): Promise<Uint8Array>;
  /** Any other file the manifest lists, checked likewise. */
  readFile(file: PackFile): Promise<Uint8Array>;
}

function badPack(store: WeightStore, what: string, cause?: unknown): AppError {
  return new AppError('bad-pack', `The pack at ${store.name} cannot be used: ${what}. Install it again.`, {
    cause,
  });
}

function rangesOf(tensor: StoredTensor): readonly ShardRange[] {
  return tensor.kind === 'dense' ? [tensor.data] : [tensor.data, tensor.scales];
}

function readManifest(store: WeightStore, bytes: Uint8Array): PackManifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (thrown) {
    throw badPack(store, `pack.json is not JSON (${messageOf(thrown)})`, thrown);
  }
  const parsed = packManifestSchema.safeParse(value);
  if (!parsed.success)
    throw badPack(store, `pack.json is not valid: ${z.prettifyError(parsed.error)}`, parsed.error);
  return parsed.data;
}

/** Reads `pack.json` of a store. Throws AppError 'bad-pack' saying what is wrong with it. */
export async function openPack(store: WeightStore, signal?: AbortSignal): Promise<OpenedPack> {
  const manifest = readManifest(store, await store.readFile('pack.json', signal));
  const shards = new Map<string, PackFile>();
  const components = new Map<ComponentName, StoredComponent>();
  for (const name of COMPONENTS) {
    const component = manifest.components[name];
    if (component === undefined) continue;
    for (const shard of component.shards) shards.set(shard.file, shard);
    for (const tensor of component.tensors) {
      for (const { shard, byteOffset, byteLength } of rangesOf(tensor)) {
        const size = shards.get(shard)?.byteLength ?? -1;
        if (byteOffset + byteLength > size) {
          throw badPack(store, `tensor "${tensor.name}" of ${name} lies outside "${shard}"`);
        }
      }
    }
    components.set(name, {
      name,
      config: component.config,
      tensors: new Map(component.tensors.map((tensor) => [tensor.name, tensor])),
    });
  }

  async function readChecked({ file, byteLength, sha256: expected }: PackFile): Promise<Uint8Array> {
    const bytes = await store.readFile(file);
    if (bytes.byteLength !== byteLength) {
      throw badPack(store, `"${file}" has ${bytes.byteLength} bytes, ${byteLength} were expected`);
    }
    const found = await sha256(bytes);
    if (found !== expected) {
      throw badPack(
        store,
        `"${file}" has the checksum ${found.slice(0, 12)}…, ${expected.slice(0, 12)}… was expected`,
      );
    }
    return bytes;
  }

  return {
    manifest,
    components,
    readShard(shard) {
      const entry = shards.get(shard);
      return entry === undefined
        ? Promise.reject(badPack(store, `its manifest lists no shard "${shard}"`))
        : readChecked(entry);
    },
    readFile: readChecked,
  };
}
