import { AbortError, AppError, throwIfAborted } from '../../shared/errors.ts';

/** How patiently a source is read. Times in milliseconds. */
export interface RetryPolicy {
  /** Failures in a row, without progress between them, after which reading ends with an error. */
  readonly attempts: number;
  /** Waited after the first failure; doubled after each further one, up to `longestDelayMs`. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** A server that asks for a longer pause than this ends the attempt with an error that says so. */
  readonly longestPauseMs: number;
  /** A connection that brings less than {@link MIN_BYTES} in this time is given up and made again. */
  readonly stallMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 6,
  firstDelayMs: 500,
  longestDelayMs: 30_000,
  longestPauseMs: 300_000,
  stallMs: 20_000,
};

/** 3 kB a second over the default stall time: slower than any line on which 12 GB are fetched. */
export const MIN_BYTES = 64 * 1024;

/** A failure that another attempt may not meet. `waitMs` is what the server asked for. */
export class PassingFault extends Error {
  readonly waitMs: number | undefined;

  constructor(
    message: string,
    options: { readonly waitMs?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.waitMs = options.waitMs;
  }
}

/** Waits; rejects with AbortError as soon as the signal fires. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(new AbortError());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

/** Milliseconds that a Retry-After header asks for: seconds or a date (RFC 9110, section 10.2.3). */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return 1000 * Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function ended(name: string, fault: PassingFault, what: string): AppError {
  return new AppError('network', `"${name}" could not be fetched: ${fault.message}. ${what}`, {
    retryable: true,
    cause: fault,
  });
}

export interface RetryOptions {
  /** Names the thing in the error. */
  readonly name: string;
  readonly policy: RetryPolicy;
  readonly signal: AbortSignal | undefined;
  /** A number that grows with what was received; growth starts the count of failures anew. */
  readonly progress?: () => number;
}

/**
 * Runs `operation` until it does not throw {@link PassingFault}, waiting longer each time. Throws AppError
 * 'network' (retryable) when it gives up, AbortError when the signal fires; other errors pass.
 */
export async function withRetries<T>(
  operation: () => Promise<T>,
  { name, policy, signal, progress = () => 0 }: RetryOptions,
): Promise<T> {
  let failures = 0;
  let reached = progress();
  for (;;) {
    throwIfAborted(signal);
    try {
      return await operation();
    } catch (thrown) {
      throwIfAborted(signal);
      if (!(thrown instanceof PassingFault)) throw thrown;
      const now = progress();
      failures = now >= reached + MIN_BYTES ? 1 : failures + 1;
      reached = now;
      if (failures >= policy.attempts) {
        throw ended(name, thrown, 'Check the connection, then go on; what was fetched is kept.');
      }
      const backOff = Math.min(policy.firstDelayMs * 2 ** (failures - 1), policy.longestDelayMs);
      const wait = thrown.waitMs ?? backOff;
      if (wait > policy.longestPauseMs) {
        throw ended(
          name,
          thrown,
          `The server asks for a pause of ${Math.ceil(wait / 60_000)} minutes. Go on then.`,
        );
      }
      await pause(wait, signal);
    }
  }
}
