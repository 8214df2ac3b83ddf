import { AbortError } from '../../shared/errors.ts';
import type { ByteSource } from '../types.ts';

const MIB = 1024 * 1024;
/** One request: long enough that a line of 100 MB/s is busy although each takes a round trip. */
export const CHUNK_BYTES = 2 * MIB;
/** Requests under way beside the chunk in use. What they brought is lost when an install is cut off. */
export const CHUNKS_AHEAD = 3;

export interface SequentialReaderOptions {
  readonly signal: AbortSignal | undefined;
  /** Sees every byte that is taken or passed over, in order. Where it is absent, gaps are not read at all. */
  readonly onBytes: ((bytes: Uint8Array) => void) | undefined;
}

/** Reads a source from front to back, some ranges ahead. Memory is bounded by those ranges. */
export class SequentialReader {
  readonly #source: ByteSource;
  readonly #onBytes: ((bytes: Uint8Array) => void) | undefined;
  readonly #signal: AbortSignal | undefined;
  #stop = new AbortController();
  #ahead: Promise<Uint8Array>[] = [];
  #requested: number;
  #chunk: Uint8Array = new Uint8Array(0);
  #used = 0;
  #position: number;

  constructor(source: ByteSource, start: number, { signal, onBytes }: SequentialReaderOptions) {
    this.#source = source;
    this.#position = start;
    this.#requested = start;
    this.#signal = signal;
    this.#onBytes = onBytes;
  }

  /** Offset of the next byte. */
  get position(): number {
    return this.#position;
  }

  /** The next bytes; they may be a part of a larger buffer that is not used again. */
  async take(byteLength: number): Promise<Uint8Array> {
    if (byteLength <= this.#chunk.length - this.#used) return this.#consume(byteLength);
    const bytes = new Uint8Array(byteLength);
    let filled = 0;
    while (filled < byteLength) {
      if (this.#used === this.#chunk.length) await this.#next();
      const part = this.#consume(Math.min(byteLength - filled, this.#chunk.length - this.#used));
      bytes.set(part, filled);
      filled += part.length;
    }
    return bytes;
  }

  /** Goes forward to an offset. */
  async skipTo(byteOffset: number): Promise<void> {
    if (this.#onBytes === undefined && byteOffset > this.#position + CHUNK_BYTES) {
      this.dispose();
      this.#stop = new AbortController();
      this.#chunk = new Uint8Array(0);
      this.#used = 0;
      this.#position = byteOffset;
      this.#requested = byteOffset;
      return;
    }
    while (this.#position < byteOffset) {
      if (this.#used === this.#chunk.length) await this.#next();
      this.#consume(Math.min(byteOffset - this.#position, this.#chunk.length - this.#used));
    }
  }

  /** Ends the requests under way. */
  dispose(): void {
    this.#stop.abort();
    this.#ahead = [];
  }

  #consume(byteLength: number): Uint8Array {
    const part = this.#chunk.subarray(this.#used, this.#used + byteLength);
    this.#used += byteLength;
    this.#position += byteLength;
    this.#onBytes?.(part);
    return part;
  }

  async #next(): Promise<void> {
    const signal =
      this.#signal === undefined ? this.#stop.signal : AbortSignal.any([this.#signal, this.#stop.signal]);
    const size = this.#source.byteLength;
    while (this.#ahead.length <= CHUNKS_AHEAD && this.#requested < size) {
      const length = Math.min(CHUNK_BYTES, size - this.#requested);
      const chunk = this.#source.read(this.#requested, length, signal);
      // Awaited in its turn; until then a failure is no unhandled one.
      chunk.catch(() => undefined);
      this.#ahead.push(chunk);
      this.#requested += length;
    }
    const next = this.#ahead.shift();
    if (next === undefined) throw new AbortError(`"${this.#source.name}" was read beyond its end.`);
    this.#chunk = await next;
    this.#used = 0;
  }
}
