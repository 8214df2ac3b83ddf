import { type WorkerLike } from './calls.ts';

/** A worker under a name of its own; it tells of its end, however that comes. */
export function startWorker(
  kind: string,
  create: (options: { readonly name: string }) => Worker,
): WorkerLike {
  const name = `${kind} ${crypto.randomUUID()}`;
  const worker = create({ name });
  const like: WorkerLike = {
    postMessage: (message) => {
      worker.postMessage(message);
    },
    terminate: () => {
      worker.terminate();
    },
    onmessage: null,
    onerror: null,
    onmessageerror: null,
  };
  let watched = false;
  worker.onmessage = (event: MessageEvent<unknown>) => {
    // A worker that speaks holds its lock.
    if (!watched) watchEnd(name, () => like.onerror?.({}));
    watched = true;
    like.onmessage?.(event);
  };
  worker.onerror = (event) => like.onerror?.({ message: event.message });
  worker.onmessageerror = () => like.onmessageerror?.();
  return like;
}

/**
 * Calls back when a worker is gone, however it ended: browsers report only uncaught errors of a worker, not
 * that it was closed or killed, but they free the lock that it held.
 */
function watchEnd(name: string, onEnd: () => void): void {
  if (!('locks' in navigator)) return;
  navigator.locks.request(name, onEnd).catch(() => {
    // Locks are refused together with storage: then only reported errors tell of the end.
  });
}
