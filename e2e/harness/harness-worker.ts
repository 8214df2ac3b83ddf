import { openEngine } from '../../src/gpu/pipeline/engine.ts';
import { WEB_RUNTIME_ASSETS } from '../../src/gpu/runtime/web-assets.ts';
import { openWebRuntime } from '../../src/gpu/runtime/web-device.ts';
import { messageOf } from '../../src/shared/errors.ts';
import { openPack } from '../../src/weights/pack-reader.ts';
import { createHttpStore } from '../../src/weights/stores.ts';
import type { HarnessJob, HarnessOutcome } from './job.ts';
import { paintedPhoto } from './painted-photo.ts';

declare const self: DedicatedWorkerGlobalScope;

async function run({ device, packUrl, request, loras }: HarnessJob): Promise<HarnessOutcome> {
  const runtime = await openWebRuntime(device, WEB_RUNTIME_ASSETS);
  const pack = await openPack(createHttpStore(packUrl));
  let latents = new Float32Array();
  const engine = await openEngine({
    runtime,
    pack,
    onDump(name, _shape, data) {
      if (name === `latents.${request.steps}`) latents = Float32Array.from(data);
    },
  });
  for (const [id, bytes] of Object.entries(loras)) await engine.installLora(id, Uint8Array.from(bytes));
  const { pixels } = await engine.generate(request, {
    loadPhoto: (name) => Promise.resolve(paintedPhoto(name)),
  });
  return { kind: 'done', device: runtime.report.label, latents: [...latents], pixels: [...pixels] };
}

self.onmessage = ({ data }: MessageEvent<HarnessJob>) => {
  run(data).then(
    (outcome) => {
      self.postMessage(outcome);
    },
    (thrown: unknown) => {
      self.postMessage({ kind: 'failed', message: messageOf(thrown) } satisfies HarnessOutcome);
    },
  );
};
