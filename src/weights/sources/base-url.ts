import { bytesSource } from '../sources.ts';
import type { ByteSource, CheckpointFolder } from '../types.ts';
import { AppError } from '../../shared/errors.ts';
import { authorization, checkStatus, discard, fetchWhole, type HttpAccess, send } from './http-request.ts';
import { httpSource } from './http-source.ts';
import { DEFAULT_RETRY, withRetries } from './retry.ts';

/** Small files that hosts may send compressed, so that their length is not that of the content. */
const TEXT_FILE = /\.(json|txt|md)$/;

/** A static host that answers every path with a page has no such file either. */
function isPage(headers: Headers): boolean {
  return headers.get('content-type')?.startsWith('text/html') === true;
}

/** The file at an address, or undefined if there is none. Throws AppError 'network', 'access-denied'. */
export async function openUrl(
  url: string,
  access: HttpAccess = {},
  signal?: AbortSignal,
): Promise<ByteSource | undefined> {
  if (TEXT_FILE.test(new URL(url).pathname)) {
    const whole = await fetchWhole(url, access, signal);
    return whole === undefined || isPage(whole.headers) ? undefined : bytesSource(url, whole.bytes);
  }
  const response = await withRetries(
    async () => {
      const answer = await send(url, { method: 'HEAD', headers: authorization(access) }, signal);
      await checkStatus(url, answer, access);
      await discard(answer);
      return answer;
    },
    { name: url, policy: access.retry ?? DEFAULT_RETRY, signal },
  );
  const { headers } = response;
  if (response.status === 404 || isPage(headers)) return undefined;
  const length = headers.get('content-length');
  if (length === null || !/^\d+$/.test(length)) {
    throw new AppError(
      'network',
      `"${url}" has no Content-Length, so it cannot be read by range. Use another host.`,
    );
  }
  return httpSource({ url, byteLength: Number(length), etag: headers.get('etag') ?? undefined }, access);
}

/** Files below an address in the layout of a checkpoint folder. It cannot list what is there. */
export function urlFolder(baseUrl: string, access: HttpAccess = {}): CheckpointFolder {
  const base = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`;
  return {
    name: base,
    open: (path, signal) => openUrl(new URL(path, base).href, access, signal),
    origin: (path) => base + path,
    listFolders: () => Promise.resolve([]),
  };
}
