/** One array of many, in order. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let byteOffset = 0;
  for (const part of parts) {
    joined.set(part, byteOffset);
    byteOffset += part.length;
  }
  return joined;
}

/** Bytes as characters 0 to 255: for signatures and keywords. */
export function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}
