/** Bytes that came so far, and how many the server announced; null where it does not say. */
export interface Received {
  readonly bytes: number;
  readonly total: number | null;
}

export interface DownloadOptions {
  readonly signal: AbortSignal;
  readonly onReceived: (received: Received) => void;
  /** More than this is refused as soon as it is known. */
  readonly mostBytes: number;
}

export type Download =
  | { readonly kind: 'done'; readonly file: Blob }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'too-large' }
  /** The address leads to a page to read, not to a file. */
  | { readonly kind: 'web-page' };

/** Fetches a file; rejects as `fetch` does, where there is no answer or `signal` fired. */
export async function download(
  url: URL,
  { signal, onReceived, mostBytes }: DownloadOptions,
): Promise<Download> {
  // Asked anew, since what lies at an address may have changed.
  const response = await fetch(url, { signal, cache: 'no-cache' });
  if (!response.ok) return { kind: 'refused', status: response.status };
  if (response.headers.get('content-type')?.startsWith('text/html') === true) return { kind: 'web-page' };
  const announced = Number(response.headers.get('content-length'));
  let total = announced > 0 ? announced : null;
  if (total !== null && total > mostBytes) return { kind: 'too-large' };
  if (response.body === null) return { kind: 'done', file: await response.blob() };
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  onReceived({ bytes, total });
  const reader = response.body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    parts.push(read.value);
    bytes += read.value.byteLength;
    if (bytes > mostBytes) {
      await reader.cancel();
      return { kind: 'too-large' };
    }
    // A packed answer announces the bytes of its packed form.
    if (total !== null && bytes > total) total = null;
    onReceived({ bytes, total });
  }
  return { kind: 'done', file: new Blob(parts) };
}
