import { type InstallOutcome, installOutcomeSchema } from './job.ts';

window.installUnet = (job) =>
  new Promise<InstallOutcome>((resolve) => {
    const worker = new Worker(new URL('./unet-install-worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<unknown>) => {
      resolve(installOutcomeSchema.parse(data));
    };
    worker.onerror = ({ message }) => {
      resolve({ kind: 'failed', message });
    };
    worker.postMessage(job);
  });
