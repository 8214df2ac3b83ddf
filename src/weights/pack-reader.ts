import { z } from 'zod';
import { AppError, messageOf } from '../shared/errors.ts';
import { checkComponent } from './pack-check.ts';
import {
  COMPONENTS,
  type ComponentName,
  PACK_FORMAT,
  PACK_VERSION,
  type PackComponent,
  type PackFile,
  type PackManifest,
  packManifestSchema,
} from './pack-manifest.ts';
import { sha256, startSha256 } from './sha256.ts';
import type { ByteSource, ShardContent, StoredComponent, WeightStore } from './types.ts';

/** The manifest's file name inside a pack. */
export const MANIFEST_FILE = 'pack.json';

/** A pack whose manifest was read and checked; weights are read when asked for. */
export interface OpenedPack {
  readonly manifest: PackManifest;
  readonly components: ReadonlyMap<ComponentName, StoredComponent>;
  /** A shard's whole bytes, checked against the manifest's size and SHA-256. */
  readShard(shard: string): Promise<Uint8Array>;
  /** The same for whoever reads files: the folder that holds the shard, or its bytes where there is no folder. */
  openShard(shard: string): Promise<ShardContent>;
  /** Any other file the manifest lists, checked likewise. */
  readFile(file: PackFile): Promise<Uint8Array>;
}

function badPack(place: string, what: string, cause?: unknown): AppError {
  return new AppError('bad-pack', `The pack at ${place} cannot be used: ${what}. Install it again.`, {
    cause,
  });
}

const headSchema = z.object({ format: z.literal(PACK_FORMAT), version: z.number() });

/** A manifest's bytes; `place` is where they were. Throws AppError 'bad-pack' saying what is wrong with it. */
export function parseManifest(place: string, bytes: Uint8Array): PackManifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (thrown) {
    throw badPack(place, `pack.json is not JSON (${messageOf(thrown)})`, thrown);
  }
  const head = headSchema.safeParse(value);
  if (head.success && head.data.version !== PACK_VERSION) {
    throw new AppError(
      'bad-pack',
      `The pack at ${place} has version ${head.data.version}, this app reads ${PACK_VERSION}. ` +
        (head.data.version > PACK_VERSION ? 'Update the app.' : 'Make the pack again.'),
    );
  }
  const parsed = packManifestSchema.safeParse(value);
  if (!parsed.success)
    throw badPack(place, `pack.json is not valid: ${z.prettifyError(parsed.error)}`, parsed.error);
  return parsed.data;
}

/** What the graph builder sees of a manifest's component. */
export function storedComponent(name: string, { config, tensors }: PackComponent): StoredComponent {
  return { name, config, tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])) };
}

/** Reads `pack.json` of a store. Throws AppError 'bad-pack' saying what is wrong with it. */
export async function openPack(store: WeightStore, signal?: AbortSignal): Promise<OpenedPack> {
  const manifest = parseManifest(store.name, await store.readFile(MANIFEST_FILE, signal));
  const shards = new Map<string, PackFile>();
  const components = new Map<ComponentName, StoredComponent>();
  for (const name of COMPONENTS) {
    const component = manifest.components[name];
    if (component === undefined) continue;
    for (const shard of component.shards) shards.set(shard.file, shard);
    checkComponent(name, component);
    components.set(name, storedComponent(name, component));
  }

  function checkLength({ file, byteLength }: PackFile, found: number): void {
    if (found === byteLength) return;
    throw badPack(store.name, `"${file}" has ${found} bytes, ${byteLength} were expected`);
  }

  function checkSha256({ file, sha256: expected }: PackFile, found: string): void {
    if (found === expected) return;
    throw badPack(
      store.name,
      `"${file}" has the checksum ${found.slice(0, 12)}…, ${expected.slice(0, 12)}… was expected`,
    );
  }

  async function readChecked(file: PackFile): Promise<Uint8Array> {
    const bytes = await store.readFile(file.file);
    checkLength(file, bytes.byteLength);
    checkSha256(file, await sha256(bytes));
    return bytes;
  }

  function entryOf(shard: string): PackFile {
    const entry = shards.get(shard);
    if (entry === undefined) throw badPack(store.name, `its manifest lists no shard "${shard}"`);
    return entry;
  }

  return {
    manifest,
    components,
    readShard: async (shard) => readChecked(entryOf(shard)),
    async openShard(shard) {
      const entry = entryOf(shard);
      if (store.folder === undefined) return readChecked(entry);
      const source = await store.folder.open(entry.file);
      checkLength(entry, source.byteLength);
      checkSha256(entry, await sha256OfSource(source));
      return { folder: store.folder.path };
    },
    readFile: readChecked,
  };
}

/** What is read of a file at once: enough for the disk, nothing beside a shard of up to 2 GB. */
const PIECE_BYTES = 16 * 1024 * 1024;

async function sha256OfSource(source: ByteSource): Promise<string> {
  const hash = await startSha256();
  for (let start = 0; start < source.byteLength; start += PIECE_BYTES) {
    hash.update(await source.read(start, Math.min(PIECE_BYTES, source.byteLength - start)));
  }
  return hash.digest();
}
