import { type ConvertPool, createConvertPool } from './convert-pool.ts';
import { startWorker } from './worker-start.ts';

/** Workers of the install worker that convert slices for it. */
export function openConvertWorkers(): ConvertPool {
  return createConvertPool(
    () =>
      startWorker(
        'convert',
        ({ name }) => new Worker(new URL('./convert-worker.ts', import.meta.url), { type: 'module', name }),
      ),
    navigator.hardwareConcurrency,
  );
}
