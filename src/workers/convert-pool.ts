import { AbortError, AppError } from '../shared/errors.ts';
import type { SliceConverter } from '../weights/install/convert-slice.ts';
import { type CallClient, createCallClient } from './call-client.ts';
import type { WorkerLike } from './calls.ts';
import { CONVERT_PROTOCOL, type ConvertCalls } from './convert-protocol.ts';

/** More do not help: one thread receives, checks and stores what they convert. */
const MOST_THREADS = 4;

/** Threads that convert slices. */
export interface ConvertPool extends SliceConverter {
  dispose(): void;
}

interface Thread {
  readonly client: CallClient<ConvertCalls>;
  waiting: number;
}

/**
 * How many threads a machine of `cores` has for converting besides the one that reads and stores. None on two cores: a
 * thread gained nothing there, and its copies of slices took memory (docs/install.md).
 */
export function convertThreads(cores: number): number {
  return cores < 3 ? 0 : Math.min(cores - 1, MOST_THREADS);
}

/** So many threads; each starts when it is needed. */
export function createConvertPool(startWorker: () => WorkerLike, count: number): ConvertPool {
  const died = (detail: string): AppError =>
    new AppError(
      'worker-died',
      `The conversion stopped unexpectedly${detail}. Go on: what was stored is kept.`,
      { retryable: true },
    );
  const threads = Array.from({ length: count }, (): Thread => ({
    client: createCallClient<ConvertCalls>(CONVERT_PROTOCOL, { startWorker, died }),
    waiting: 0,
  }));
  return {
    async convert(slice) {
      const thread = threads.reduce((least, other) => (other.waiting < least.waiting ? other : least));
      // Alone in its buffer: a view would take the whole chunk along.
      const alone = { ...slice, bytes: slice.bytes.slice() };
      thread.waiting += 1;
      try {
        return await thread.client.call('convert-slice', alone);
      } finally {
        thread.waiting -= 1;
      }
    },
    dispose() {
      for (const { client } of threads) client.end(new AbortError('The conversion was stopped.'));
    },
  };
}
