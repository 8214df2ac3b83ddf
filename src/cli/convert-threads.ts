import os from 'node:os';
import { Worker } from 'node:worker_threads';
import { messageOf } from '../shared/errors.ts';
import type { WorkerLike } from '../workers/calls.ts';
import { type ConvertPool, convertThreads, createConvertPool } from '../workers/convert-pool.ts';

/** TypeScript's loader does not follow into threads by itself: each registers it and then imports the entry. */
const ENTRY = `import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))})
  .then(({ tsImport }) => tsImport('./convert-thread.ts', ${JSON.stringify(import.meta.url)}))`;

/** A thread of Node in the shape of a browser's worker. */
function startThread(): WorkerLike {
  const thread = new Worker(ENTRY, { eval: true });
  const like: WorkerLike = {
    postMessage: (message) => {
      thread.postMessage(message);
    },
    terminate() {
      void thread.terminate();
    },
    onmessage: null,
    onerror: null,
    onmessageerror: null,
  };
  thread.on('message', (data: unknown) => {
    like.onmessage?.({ data });
  });
  thread.on('error', (error: unknown) => {
    like.onerror?.({ message: messageOf(error) });
  });
  thread.on('messageerror', () => {
    like.onmessageerror?.();
  });
  return like;
}

/** Threads that convert slices for an install in Node, one at least: no page waits beside it. */
export function openConvertThreads(): ConvertPool {
  return createConvertPool(startThread, Math.max(1, convertThreads(os.availableParallelism())));
}
