import { AbortError, AppError } from '../shared/errors.ts';
import { type CallMap, type Kind, type Protocol, toPageSchema, type WorkerLike } from './calls.ts';
import { errorFromData } from './error-data.ts';

export interface CallOptions<Event> {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: Event) => void) | undefined;
}

interface Pending {
  onEvent(event: unknown): void;
  onResult(result: unknown): void;
  onError(error: Error): void;
}

/** One call of a protocol. Cancelled calls reject with AbortError, failed ones with AppError. */
export type Call<C extends CallMap<C>> = <K extends Kind<C>>(
  kind: K,
  params: C[K]['params'],
  options?: CallOptions<C[K]['event']>,
) => Promise<C[K]['result']>;

/** The page's end of a protocol: a worker that comes when it is needed, and who waits for which answer. */
export interface CallClient<C extends CallMap<C>> {
  readonly call: Call<C>;
  /** Ends the worker; running calls reject with the error. The next call starts another one. */
  end(error: Error): void;
}

export interface CallClientOptions<C extends CallMap<C>> {
  readonly startWorker: () => WorkerLike;
  /** What a call rejects with whose worker stopped; `detail` is what is known of why, or empty. */
  readonly died: (detail: string) => AppError;
  /** Gives a new worker what its predecessor had, before any call reaches it. */
  readonly setUp?: (call: Call<C>) => Promise<void>;
  /** Sees every error that the worker answers with, after its caller has got it. */
  readonly onFailure?: (error: AppError) => void;
}

/** Starts the worker with the first call, and another one after it died or was ended. */
export function createCallClient<C extends CallMap<C>>(
  protocol: Protocol<C>,
  { startWorker, died, setUp, onFailure }: CallClientOptions<C>,
): CallClient<C> {
  let lastId = 0;
  const pending = new Map<number, Pending>();
  let worker: WorkerLike | undefined;
  /** Why the last worker went. */
  let ended: Error = new AbortError();
  /** Settles once the running worker is set up. */
  let ready: Promise<WorkerLike> | undefined;

  function receive(data: unknown): void {
    const message = toPageSchema.parse(data);
    const call = pending.get(message.id);
    // An answer to a call that was dropped with its worker has no one to go to.
    if (call === undefined) return;
    if (message.type === 'event') {
      call.onEvent(message.event);
      return;
    }
    pending.delete(message.id);
    switch (message.type) {
      case 'result':
        call.onResult(message.result);
        return;
      case 'error': {
        const error = errorFromData(message.error);
        call.onError(error);
        onFailure?.(error);
        return;
      }
      case 'cancelled':
        call.onError(new AbortError());
    }
  }

  function end(error: Error): void {
    if (worker !== undefined) release(worker);
    worker = undefined;
    ended = error;
    ready = undefined;
    const calls = [...pending.values()];
    pending.clear();
    for (const call of calls) call.onError(error);
  }

  async function start(): Promise<WorkerLike> {
    const started = startWorker();
    worker = started;
    started.onmessage = ({ data }) => {
      receive(data);
    };
    started.onerror = ({ message }) => {
      end(died(message === undefined || message === '' ? '' : ` (${message})`));
    };
    started.onmessageerror = () => {
      end(died(' (a message could not be read)'));
    };
    try {
      await setUp?.((kind, params, options) => send(started, kind, params, options));
    } catch (error) {
      if (worker === started) end(new AbortError('The worker could not be set up.'));
      throw error;
    }
    return started;
  }

  function send<K extends Kind<C>>(
    target: WorkerLike,
    kind: K,
    params: C[K]['params'],
    { signal, onEvent }: CallOptions<C[K]['event']> = {},
  ): Promise<C[K]['result']> {
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      const cancel = (): void => {
        target.postMessage({ type: 'cancel', id });
      };
      const settle = (finish: () => void): void => {
        signal?.removeEventListener('abort', cancel);
        finish();
      };
      pending.set(id, {
        onEvent(event) {
          onEvent?.(protocol[kind].event.parse(event));
        },
        onResult(result) {
          settle(() => {
            const parsed = protocol[kind].result.safeParse(result);
            if (parsed.success) resolve(parsed.data);
            else
              reject(
                new AppError('internal', `The worker's answer to "${kind}" could not be read.`, {
                  cause: parsed.error,
                }),
              );
          });
        },
        onError(error) {
          settle(() => {
            reject(error);
          });
        },
      });
      signal?.addEventListener('abort', cancel, { once: true });
      target.postMessage({ type: 'call', id, kind, params });
    });
  }

  return {
    async call(kind, params, options = {}) {
      const starting = (ready ??= start());
      const target = await starting.catch((error: unknown) => {
        // A failed start is forgotten: the next call tries again.
        if (ready === starting) ready = undefined;
        throw error;
      });
      if (options.signal?.aborted === true) throw new AbortError();
      // It went before it could be asked: nobody would answer.
      if (worker !== target) throw ended;
      return send(target, kind, params, options);
    },
    end,
  };
}

/** Ends a worker that nobody listens to any more. */
function release(worker: WorkerLike): void {
  worker.onmessage = null;
  worker.onerror = null;
  worker.onmessageerror = null;
  worker.terminate();
}
