import { openEngine } from '../../src/gpu/pipeline/engine.ts';
import { WEB_RUNTIME_ASSETS } from '../../src/gpu/runtime/web-assets.ts';
import { openWebRuntime } from '../../src/gpu/runtime/web-device.ts';
import { rgbaImage, type RgbaImage } from '../../src/images/rgba-image.ts';
import { messageOf } from '../../src/shared/errors.ts';
import { hashString } from '../../src/shared/random.ts';
import { openPack } from '../../src/weights/pack-reader.ts';
import { createHttpStore } from '../../src/weights/stores.ts';
import type { HarnessJob, HarnessOutcome } from './job.ts';

declare const self: DedicatedWorkerGlobalScope;

const PHOTO_SIDE = 48;

/** A picture that differs with its name: the harness has no files. */
function paintedPhoto(name: string): RgbaImage {
  const tint = hashString(name) % 256;
  const data = new Uint8ClampedArray(4 * PHOTO_SIDE * PHOTO_SIDE);
  for (let index = 0; index < PHOTO_SIDE * PHOTO_SIDE; index += 1) {
    const x = index % PHOTO_SIDE;
    const y = Math.floor(index / PHOTO_SIDE);
    data.set([(x * 5 + tint) % 256, (y * 5) % 256, (x + y + tint) % 256, 255], 4 * index);
  }
  return rgbaImage(PHOTO_SIDE, PHOTO_SIDE, data);
}

async function run({ device, packUrl, request }: HarnessJob): Promise<HarnessOutcome> {
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
