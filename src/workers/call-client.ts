import { AbortError, AppError } from '../shared/errors.ts';
import { type CallMap, type Kind, type Parsers, toPageSchema, type WorkerLike } from './calls.ts';
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

/** The page's end of a protocol: who waits for which answer. Workers come and go. */
export interface CallClient<C extends CallMap<C>> {
  /** Takes the messages of a worker; `died` is told when it stops, with what is known of why. */
  attach(worker: WorkerLike, died: (detail: string) => void): void;
  send<K extends Kind<C>>(
    worker: WorkerLike,
    kind: K,
    params: C[K]['params'],
    options?: CallOptions<C[K]['event']>,
  ): Promise<C[K]['result']>;
  rejectAll(error: Error): void;
}

/** `onFailure` sees every error that a worker answers with, after its caller has got it. */
export function createCallClient<C extends CallMap<C>>(
  protocol: Parsers<C>,
  onFailure: (error: AppError) => void = () => undefined,
): CallClient<C> {
  let lastId = 0;
  const pending = new Map<number, Pending>();

  function receive(data: unknown): void {
    const message = toPageSchema.parse(data);
    const call = pending.get(message.id);
    // An answer to a call that was dropped by a restart has no one to go to.
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
        onFailure(error);
        return;
      }
      case 'cancelled':
        call.onError(new AbortError());
    }
  }

  return {
    attach(worker, died) {
      worker.onmessage = ({ data }) => {
        receive(data);
      };
      worker.onerror = ({ message }) => {
        died(message === undefined || message === '' ? '' : ` (${message})`);
      };
      worker.onmessageerror = () => {
        died(' (a message could not be read)');
      };
    },
    send(worker, kind, params, { signal, onEvent } = {}) {
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        const cancel = (): void => {
          worker.postMessage({ type: 'cancel', id });
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
        worker.postMessage({ type: 'call', id, kind, params });
      });
    },
    rejectAll(error) {
      const calls = [...pending.values()];
      pending.clear();
      for (const call of calls) call.onError(error);
    },
  };
}

/** Ends a worker that nobody listens to any more. */
export function endWorker(worker: WorkerLike): void {
  worker.onmessage = null;
  worker.onerror = null;
  worker.onmessageerror = null;
  worker.terminate();
}
