import { createSHA1 } from 'hash-wasm';
import { AppError } from '../shared/errors.ts';
import { sha256 } from './sha256.ts';
import type { FileDigest } from './types.ts';

async function compute(algorithm: FileDigest['algorithm'], bytes: Uint8Array): Promise<string> {
  switch (algorithm) {
    case 'sha256':
      return sha256(bytes);
    case 'git-sha1': {
      const hasher = (await createSHA1()).init();
      hasher.update(new TextEncoder().encode(`blob ${bytes.byteLength}\0`));
      return hasher.update(bytes).digest('hex');
    }
  }
}

export function wrongDigest(name: string, digest: FileDigest, found: string): AppError {
  return new AppError(
    'bad-checkpoint',
    `"${name}" is not what its publisher lists: its ${digest.algorithm} is ${found.slice(0, 12)}…, ` +
      `${digest.hex.slice(0, 12)}… was expected. It was damaged on the way, or replaced: go on to read it again.`,
    { retryable: true },
  );
}

/** Throws AppError 'bad-checkpoint' (retryable) unless the bytes have the digest. */
export async function checkDigest(name: string, digest: FileDigest, bytes: Uint8Array): Promise<void> {
  const found = await compute(digest.algorithm, bytes);
  if (found !== digest.hex) throw wrongDigest(name, digest, found);
}
