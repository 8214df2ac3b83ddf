import { createSHA256 } from 'hash-wasm';

export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** 64 hexadecimal digits; nothing may be added afterwards. */
  digest(): string;
}

/** A SHA-256 that takes its bytes piece by piece, which WebCrypto's cannot. */
export async function startSha256(): Promise<Sha256> {
  const hasher = (await createSHA256()).init();
  return {
    update(bytes) {
      hasher.update(bytes);
    },
    digest: () => hasher.digest('hex'),
  };
}

/** SHA-256 of whole bytes as 64 hexadecimal digits. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const hash = await startSha256();
  hash.update(bytes);
  return hash.digest();
}
