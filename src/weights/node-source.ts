import { open, stat } from 'node:fs/promises';
import { checkRange } from './sources.ts';
import type { ByteSource } from './types.ts';

/** A file on disk. It is opened for each read, so that nothing has to be closed. */
export async function fileSource(file: string): Promise<ByteSource> {
  const { size, mtimeMs } = await stat(file);
  return {
    name: file,
    byteLength: size,
    version: String(mtimeMs),
    async read(byteOffset, byteLength) {
      checkRange(file, size, byteOffset, byteLength);
      const handle = await open(file);
      try {
        const bytes = new Uint8Array(byteLength);
        let filled = 0;
        while (filled < byteLength) {
          const { bytesRead } = await handle.read(bytes, filled, byteLength - filled, byteOffset + filled);
          if (bytesRead === 0) checkRange(file, byteOffset + filled, byteOffset, byteLength);
          filled += bytesRead;
        }
        return bytes;
      } finally {
        await handle.close();
      }
    },
  };
}
