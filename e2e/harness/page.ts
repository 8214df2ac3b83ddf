import type { HarnessJob, HarnessOutcome } from './job.ts';

/** One worker a job, so that every device starts from an empty heap. */
window.runHarness = (job: HarnessJob) =>
  new Promise<HarnessOutcome>((resolve) => {
    const worker = new Worker(new URL('./harness-worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<HarnessOutcome>) => {
      worker.terminate();
      resolve(data);
    };
    worker.onerror = ({ message }) => {
      worker.terminate();
      resolve({ kind: 'failed', message });
    };
    worker.postMessage(job);
  });
