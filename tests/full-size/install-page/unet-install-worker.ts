import { messageOf } from '../../../src/shared/errors.ts';
import { createOpfsStore } from '../../../src/weights/opfs-store-worker.ts';
import { openConvertWorkers } from '../../../src/workers/convert-workers-worker.ts';
import { installUnet, type UnetInstall } from '../unet-install.ts';
import type { InstallOutcome } from './job.ts';

declare const self: DedicatedWorkerGlobalScope;

/** Into the browser's private storage, with the app's own threads, as its install worker does. */
async function run(job: UnetInstall): Promise<InstallOutcome> {
  const root = await navigator.storage.getDirectory();
  const store = createOpfsStore(await root.getDirectoryHandle('unet', { create: true }), 'the storage');
  const converter = job.threads ? openConvertWorkers() : undefined;
  try {
    const { networks, downloadedBytes, seconds } = await installUnet(job, store, converter);
    const installed = [...networks.values()];
    return {
      kind: 'done',
      tensors: installed.reduce((sum, { tensors }) => sum + tensors.length, 0),
      shards: installed.flatMap(({ shards }) => shards),
      downloadedBytes,
      seconds,
    };
  } finally {
    converter?.dispose();
    store.close();
  }
}

self.onmessage = ({ data }: MessageEvent<UnetInstall>) => {
  run(data).then(
    (outcome) => {
      self.postMessage(outcome);
    },
    (thrown: unknown) => {
      self.postMessage({ kind: 'failed', message: messageOf(thrown) } satisfies InstallOutcome);
    },
  );
};
