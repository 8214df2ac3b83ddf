import type { PackFile } from './pack-manifest.ts';
import { startSha256, type Sha256 } from './sha256.ts';
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

  async add(array: Float32Array | Uint16Array | Uint8Array | Int8Array): Promise<ShardRange> {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    const full = this.#open !== undefined && aligned(this.#open.byteLength) + bytes.length > this.#maxBytes;
    if (full) this.#close();
    const shard = await this.#current();
    const byteOffset = aligned(shard.byteLength);
    if (byteOffset > shard.byteLength)
      await this.#append(shard, new Uint8Array(byteOffset - shard.byteLength));
    await this.#append(shard, bytes);
    return { shard: shard.file, byteOffset, byteLength: bytes.length };
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

  async #append(shard: OpenShard, bytes: Uint8Array): Promise<void> {
    shard.hash.update(bytes);
    shard.byteLength += bytes.length;
    await this.#store.appendFile(shard.file, bytes);
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
