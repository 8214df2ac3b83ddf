import type { ByteSource } from '../types.ts';

const MIB = 1024 * 1024;
/** One request for many small tensors; a LoRA of SDXL has over two thousand. */
const PAGE_BYTES = 4 * MIB;
/** Pages kept, the ones used last: two files walked in their own orders stay within 64 MiB. */
const PAGES = 16;

/** The same bytes, fetched in pages that are kept for a while: for reading many small parts nearly in order. */
export function pagedSource(source: ByteSource): ByteSource {
  const pages = new Map<number, Promise<Uint8Array>>();

  function page(index: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const start = index * PAGE_BYTES;
    const found =
      pages.get(index) ?? source.read(start, Math.min(PAGE_BYTES, source.byteLength - start), signal);
    pages.delete(index);
    pages.set(index, found);
    // A failure is not kept: the next reader asks again.
    found.catch(() => pages.delete(index));
    const [oldest] = pages.keys();
    if (pages.size > PAGES && oldest !== undefined) pages.delete(oldest);
    return found;
  }

  return {
    name: source.name,
    byteLength: source.byteLength,
    digest: source.digest,
    get version() {
      return source.version;
    },
    async read(byteOffset, byteLength, signal) {
      if (byteLength > PAGE_BYTES) return source.read(byteOffset, byteLength, signal);
      const bytes = new Uint8Array(byteLength);
      for (let filled = 0; filled < byteLength;) {
        const index = Math.floor((byteOffset + filled) / PAGE_BYTES);
        const from = byteOffset + filled - index * PAGE_BYTES;
        const part = (await page(index, signal)).subarray(from, from + byteLength - filled);
        if (part.length === 0) return source.read(byteOffset, byteLength, signal);
        bytes.set(part, filled);
        filled += part.length;
      }
      return bytes;
    },
  };
}
