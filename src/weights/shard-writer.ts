import { invariant } from '../shared/errors.ts';
import type { PackFile } from './pack-manifest.ts';
import { resumeSha256, startSha256, type Sha256 } from './sha256.ts';
import type { WritableStore } from './stores.ts';
import type { ShardRange } from './types.ts';

/** Below 2 GB, where ArrayBuffers and protobuf end; what Microsoft's web demos use as well. */
export const MAX_SHARD_BYTES = 1_900_000_000;
/** Typed arrays over a shard, and any SIMD load of it, are aligned. */
const ALIGNMENT = 64;

interface OpenShard {
  readonly file: string;
  readonly hash: Sha256;
  byteLength: number;
}

/** How far a writer is; what the store holds beyond it is cut off when the writer goes on. */
export interface ShardWriterState {
  readonly closed: readonly PackFile[];
  readonly open?: { readonly file: string; readonly byteLength: number; readonly hash: string } | undefined;
}

/**
 * Lays arrays one after another, each at a multiple of 64 bytes, into files `{name}-0.bin`, `{name}-1.bin`
 * ... of at most `maxBytes` (a larger array has a file of its own). Nothing is held back in memory.
 */
export class ShardWriter {
  readonly #store: WritableStore;
  readonly #name: string;
  readonly #maxBytes: number;
  readonly #files: PackFile[] = [];
  #open: OpenShard | undefined;

  constructor(store: WritableStore, name: string, maxBytes: number = MAX_SHARD_BYTES) {
    this.#store = store;
    this.#name = name;
    this.#maxBytes = maxBytes;
  }

  /** Goes on where another writer of the same store was. */
  async restore({ closed, open }: ShardWriterState): Promise<void> {
    this.#files.splice(0, Infinity, ...closed);
    this.#open = undefined;
    if (open === undefined) return;
    await this.#store.truncateFile(open.file, open.byteLength);
    this.#open = { file: open.file, byteLength: open.byteLength, hash: await resumeSha256(open.hash) };
  }

  state(): ShardWriterState {
    const open = this.#open;
    return {
      closed: [...this.#files],
      open: open && { file: open.file, byteLength: open.byteLength, hash: open.hash.save() },
    };
  }

  /** Makes room for an array of `byteLength` bytes, which {@link append} then fills piece by piece. */
  async begin(byteLength: number): Promise<ShardRange> {
    const full = this.#open !== undefined && aligned(this.#open.byteLength) + byteLength > this.#maxBytes;
    if (full) this.#close();
    const shard = await this.#current();
    const byteOffset = aligned(shard.byteLength);
    if (byteOffset > shard.byteLength) await this.append(new Uint8Array(byteOffset - shard.byteLength));
    return { shard: shard.file, byteOffset, byteLength };
  }

  async append(bytes: Uint8Array): Promise<void> {
    const shard = this.#open;
    invariant(shard !== undefined, () => 'Bytes were appended to no array.');
    shard.hash.update(bytes);
    shard.byteLength += bytes.length;
    await this.#store.appendFile(shard.file, bytes);
  }

  /** A whole array. */
  async add(bytes: Uint8Array): Promise<ShardRange> {
    const range = await this.begin(bytes.length);
    await this.append(bytes);
    return range;
  }

  /** Name, length and SHA-256 of every file; nothing may be added afterwards. */
  finish(): readonly PackFile[] {
    this.#close();
    return this.#files;
  }

  async #current(): Promise<OpenShard> {
    if (this.#open === undefined) {
      const file = `${this.#name}-${this.#files.length}.bin`;
      await this.#store.writeFile(file, new Uint8Array(0));
      this.#open = { file, hash: await startSha256(), byteLength: 0 };
    }
    return this.#open;
  }

  #close(): void {
    if (this.#open === undefined) return;
    const { file, byteLength, hash } = this.#open;
    this.#files.push({ file, byteLength, sha256: hash.digest() });
    this.#open = undefined;
  }
}

function aligned(byteOffset: number): number {
  return Math.ceil(byteOffset / ALIGNMENT) * ALIGNMENT;
}
