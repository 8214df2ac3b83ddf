import { AppError, messageOf, throwIfAborted } from '../../shared/errors.ts';
import { DEFAULT_RETRY, PassingFault, retryAfterMs, type RetryPolicy, withRetries } from './retry.ts';

/** How files of one site are asked for. */
export interface HttpAccess {
  readonly retry?: RetryPolicy | undefined;
  /** An access token, sent to the site itself and never to where it redirects. Kept by the caller, in memory only. */
  readonly token?: (() => string | undefined) | undefined;
  /** What a person must do where the site refuses a file. */
  readonly howToGetAccess?: string | undefined;
}

export function authorization(access: HttpAccess): Record<string, string> {
  const token = access.token?.();
  return token === undefined || token === '' ? {} : { Authorization: `Bearer ${token}` };
}

/** Sends one request; what keeps an answer from coming is a {@link PassingFault}. */
export async function send(
  url: string,
  init: RequestInit,
  signal: AbortSignal | undefined,
): Promise<Response> {
  try {
    // What comes is stored in another place, or small and to be asked for anew: a browser's cache would only get in the way.
    return await fetch(url, { ...init, cache: 'no-store', signal: signal ?? null });
  } catch (thrown) {
    throwIfAborted(signal);
    throw new PassingFault(`no answer (${messageOf(thrown)})`, { cause: thrown });
  }
}

/** Ends an answer whose body nobody reads, so that its connection is free again. */
export async function discard(response: Response): Promise<void> {
  // A body that was cut off cannot be cancelled, and need not be.
  await response.body?.cancel().catch(() => undefined);
}

/** Passes 2xx and 404. Throws {@link PassingFault} for trouble that may pass, AppError for refusals. */
export async function checkStatus(name: string, response: Response, access: HttpAccess): Promise<void> {
  const { status } = response;
  if (response.ok || status === 404) return;
  await discard(response);
  if (status === 401 || status === 403) {
    throw new AppError(
      'access-denied',
      `"${name}" may not be read (the server answered ${status}). ` +
        (access.howToGetAccess ?? 'Ask its owner for access.'),
      { retryable: true },
    );
  }
  if (status === 408 || status === 429 || status >= 500) {
    throw new PassingFault(`the server answered ${status}`, {
      waitMs: retryAfterMs(response.headers.get('retry-after'), Date.now()),
    });
  }
  throw new AppError(
    'network',
    `"${name}" could not be fetched: the server answered ${status}. Check the address.`,
  );
}

/** A small file or API answer, whole; undefined if it does not exist. Throws AppError 'network', 'access-denied'. */
export function fetchWhole(
  url: string,
  access: HttpAccess,
  signal?: AbortSignal,
): Promise<{ readonly bytes: Uint8Array; readonly headers: Headers } | undefined> {
  const operation = async () => {
    const response = await send(url, { headers: authorization(access) }, signal);
    await checkStatus(url, response, access);
    if (response.status === 404) {
      await discard(response);
      return undefined;
    }
    try {
      return { bytes: new Uint8Array(await response.arrayBuffer()), headers: response.headers };
    } catch (thrown) {
      throw new PassingFault(`the connection broke off (${messageOf(thrown)})`, { cause: thrown });
    }
  };
  return withRetries(operation, { name: url, policy: access.retry ?? DEFAULT_RETRY, signal });
}
