import { type ConvertPool, convertThreads, createConvertPool } from './convert-pool.ts';
import { startWorker } from './worker-start.ts';

/** Workers of the install worker that convert slices for it; undefined where it had better do that itself. */
export function openConvertWorkers(): ConvertPool | undefined {
  const threads = convertThreads(navigator.hardwareConcurrency);
  if (threads === 0) return undefined;
  return createConvertPool(
    () =>
      startWorker(
        'convert',
        ({ name }) => new Worker(new URL('./convert-worker.ts', import.meta.url), { type: 'module', name }),
      ),
    threads,
  );
}
