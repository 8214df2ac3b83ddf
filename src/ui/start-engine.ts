import { createEngineClient, type EngineClient, type WorkerLike } from '../workers/engine-client.ts';

/** The engine in a worker of its own, which starts when it is first asked for something. */
export function startEngineClient(): EngineClient {
  return createEngineClient(startWorker);
}

function startWorker(): WorkerLike {
  const worker = new Worker(new URL('../workers/engine-worker.ts', import.meta.url), { type: 'module' });
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
  worker.onmessage = (event: MessageEvent<unknown>) => like.onmessage?.(event);
  worker.onerror = (event) => like.onerror?.({ message: event.message });
  worker.onmessageerror = () => like.onmessageerror?.();
  return like;
}
