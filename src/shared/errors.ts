/** What went wrong, in terms a caller can branch on. Messages are for people; codes are for code. */
export const ERROR_CODES = [
  'bad-image',
  'bad-request',
  'bad-checkpoint',
  'bad-pack',
  'bad-lora',
  'lora-to-merge',
  'bad-project',
  'network',
  'access-denied',
  'storage-full',
  'out-of-memory',
  'device-lost',
  'device-unavailable',
  'worker-died',
  'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export interface AppErrorOptions {
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/**
 * The one error class that crosses rooms and worker boundaries. The message says what was expected,
 * what came, and what to do next. Cancelling is not an error of this kind: see {@link AbortError}.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** The outcome of a cancelled job: neither success nor failure. */
export class AbortError extends Error {
  override readonly name = 'AbortError';

  constructor(message = 'Cancelled.') {
    super(message);
  }
}

/** Throws {@link AbortError} if the signal has fired; called between steps (cooperative cancel). */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new AbortError();
}

/** The text of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Programmer errors: a broken promise inside the code, never a user's input. */
export function invariant(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new AppError('internal', message());
}
