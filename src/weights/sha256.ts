import { createSHA256, type IHasher } from 'hash-wasm';

export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** The state so far as text, for {@link resumeSha256}. */
  save(): string;
  /** 64 hexadecimal digits; nothing may be added afterwards. */
  digest(): string;
}

function wrap(hasher: IHasher): Sha256 {
  return {
    update(bytes) {
      hasher.update(bytes);
    },
    save: () => btoa(String.fromCharCode(...hasher.save())),
    digest: () => hasher.digest('hex'),
  };
}

/** A SHA-256 that takes its bytes piece by piece, which WebCrypto's cannot. */
export async function startSha256(): Promise<Sha256> {
  return wrap((await createSHA256()).init());
}

/** Goes on from a saved state. Throws if another build of the hasher saved it. */
export async function resumeSha256(state: string): Promise<Sha256> {
  const bytes = Uint8Array.from(atob(state), (character) => character.charCodeAt(0));
  return wrap((await createSHA256()).load(bytes));
}

/** SHA-256 of whole bytes as 64 hexadecimal digits. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const hash = await startSha256();
  hash.update(bytes);
  return hash.digest();
}
