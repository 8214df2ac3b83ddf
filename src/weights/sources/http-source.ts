import { AppError, messageOf, throwIfAborted } from '../../shared/errors.ts';
import { checkRange } from '../sources.ts';
import type { ByteSource, FileDigest } from '../types.ts';
import { authorization, checkStatus, discard, type HttpAccess, send } from './http-request.ts';
import { DEFAULT_RETRY, MIN_BYTES, PassingFault, withRetries } from './retry.ts';

export interface HttpFile {
  /** The stable address. Where it redirects to may change at any time. */
  readonly url: string;
  readonly byteLength: number;
  readonly digest?: FileDigest | undefined;
  /** The ETag under which the size was learnt. */
  readonly etag?: string | undefined;
}

/** How servers answer to a signed address that has run out. */
const EXPIRED: ReadonlySet<number> = new Set([400, 401, 403, 404, 410]);
const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/;

/**
 * A file on an HTTP server, read by range and never whole. An answer counts only with status 206 and the
 * range that was asked for (or 200 for all of the file); a connection that breaks off or trickles is made
 * again from where it ended; an ETag or size that changes ends the read. Throws AppError 'network'
 * (retryable), 'access-denied', and 'bad-checkpoint' for a file that changed.
 */
export function httpSource(file: HttpFile, access: HttpAccess = {}): ByteSource {
  const { url, byteLength: size, digest } = file;
  const policy = access.retry ?? DEFAULT_RETRY;
  let etag = file.etag;
  /** Where the stable address led last: signed, so it ends some time, and then the stable one is asked again. */
  let direct: string | undefined;

  function checkUnchanged(response: Response): void {
    // Another origin may hide it; then the checksum of the whole tells.
    const now = response.headers.get('etag') ?? undefined;
    if (etag !== undefined && now !== undefined && now !== etag) {
      throw new AppError(
        'bad-checkpoint',
        `"${url}" changed while it was read (ETag ${etag}, now ${now}). Go on to read it again from its start.`,
        { retryable: true },
      );
    }
    etag ??= now;
  }

  /** The answer to one range request; throws unless it is what was asked for. */
  async function request(first: number, last: number, signal: AbortSignal): Promise<Response> {
    const redirected = direct;
    const response = await send(
      redirected ?? url,
      {
        headers: {
          Range: `bytes=${first}-${last}`,
          ...(redirected === undefined ? authorization(access) : {}),
        },
      },
      signal,
    );
    // A signed address that ran out says so in many ways, and says nothing of the file.
    if (redirected !== undefined && EXPIRED.has(response.status)) {
      direct = undefined;
      await discard(response);
      return request(first, last, signal);
    }
    if (response.redirected && (response.status === 401 || response.status === 403)) {
      await discard(response);
      throw new PassingFault(`the server it redirects to answered ${response.status}`);
    }
    await checkStatus(url, response, access);
    try {
      checkAnswer(response, first, last);
    } catch (thrown) {
      await discard(response);
      direct = undefined;
      throw thrown;
    }
    checkUnchanged(response);
    direct = response.redirected ? response.url : redirected;
    return response;
  }

  function checkAnswer(response: Response, first: number, last: number): void {
    if (response.status === 404) {
      throw new AppError(
        'network',
        `"${url}" is no longer there (the server answered 404). Check the address.`,
      );
    }
    const length = response.headers.get('content-length');
    const wholeAsked = first === 0 && last === size - 1;
    if (response.status === 200 && wholeAsked) return;
    if (response.status !== 206) {
      throw new PassingFault(`the server answered ${response.status} where 206, a part of the file, was due`);
    }
    const header = response.headers.get('content-range');
    // Servers of other origins need not show it; then the length and the checksum must do.
    if (header === null) {
      if (length === null || Number(length) === last - first + 1) return;
      throw new PassingFault(`the server answered with ${length} bytes where ${last - first + 1} were due`);
    }
    const [, from, to, total] = CONTENT_RANGE.exec(header) ?? [];
    if (total !== undefined && total !== '*' && Number(total) !== size) {
      throw new AppError(
        'bad-checkpoint',
        `"${url}" changed while it was read: it had ${size} bytes, now ${total}. Go on to read it again from its start.`,
        { retryable: true },
      );
    }
    if (Number(from) !== first || Number(to) !== last) {
      throw new PassingFault(`the server answered with "${header}" where bytes ${first}-${last} were due`);
    }
  }

  /** Receives into `target` from `filled` on; calls `received` as bytes arrive. */
  async function receive(
    first: number,
    target: Uint8Array,
    filled: number,
    received: (count: number) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const attempt = new AbortController();
    const joined = signal === undefined ? attempt.signal : AbortSignal.any([signal, attempt.signal]);
    let count = 0;
    let counted = 0;
    const watch = setInterval(() => {
      if (count < counted + MIN_BYTES) attempt.abort();
      counted = count;
    }, policy.stallMs);
    try {
      const response = await request(first + filled, first + target.length - 1, joined);
      const reader = response.body?.getReader();
      for (;;) {
        const part = await reader?.read();
        if (part === undefined || part.done) break;
        if (filled + count + part.value.length > target.length) {
          await reader?.cancel();
          // They may belong to another range altogether.
          received(-count);
          throw new PassingFault('the server sent more bytes than were asked for');
        }
        target.set(part.value, filled + count);
        count += part.value.length;
        received(part.value.length);
      }
    } catch (thrown) {
      throwIfAborted(signal);
      if (attempt.signal.aborted) throw new PassingFault('the connection stalled', { cause: thrown });
      if (thrown instanceof PassingFault || thrown instanceof AppError) throw thrown;
      throw new PassingFault(`the connection broke off (${messageOf(thrown)})`, { cause: thrown });
    } finally {
      clearInterval(watch);
    }
    if (filled + count < target.length) throw new PassingFault('the connection broke off early');
  }

  return {
    name: url,
    byteLength: size,
    digest,
    get version() {
      return etag;
    },
    async read(byteOffset, byteLength, signal) {
      checkRange(url, size, byteOffset, byteLength);
      const bytes = new Uint8Array(byteLength);
      let filled = 0;
      const operation = (): Promise<void> =>
        filled === byteLength
          ? Promise.resolve()
          : receive(
              byteOffset,
              bytes,
              filled,
              (count) => {
                filled += count;
              },
              signal,
            );
      await withRetries(operation, { name: url, policy, signal, progress: () => filled });
      return bytes;
    },
  };
}
