import { openEngine } from '../../gpu/pipeline/engine.ts';
import { createNodeRuntime, createNodeWasmRuntime } from '../../gpu/runtime/node-runtime.ts';
import { rgbaImage, type RgbaImage } from '../../images/rgba-image.ts';
import { requestSchema } from '../../shared/request.ts';
import type { OpenedPack } from '../../weights/pack-reader.ts';
import type { BenchProvider } from './compare.ts';

export interface OutsideRuntime {
  readonly steps: number;
  /** Milliseconds of one step in a whole generation. */
  readonly step: number;
  /** Share of it that is not spent in onnxruntime's `run`, which includes its own copies of inputs. */
  readonly share: number;
}

const STEPS = 10;

/** How much of a generation's steps is spent outside onnxruntime: sampler, guidance, previews, tensors. */
export async function measureOutside(
  pack: OpenedPack,
  { provider, threads }: { readonly provider: BenchProvider; readonly threads: number },
): Promise<OutsideRuntime> {
  let inside = 0;
  const onRun = (milliseconds: number): void => {
    inside += milliseconds;
  };
  const options = { threads, onRun };
  const runtime = await (provider === 'wasm' ? createNodeWasmRuntime(options) : createNodeRuntime(options));
  const engine = await openEngine({ runtime, pack });
  const { defaults, id } = pack.manifest;
  const request = requestSchema.parse({
    ...defaults,
    pack: id,
    prompt: 'a bear is hugging a rabbit',
    steps: STEPS,
    guidance: Math.max(defaults.guidance, 2),
    seed: 1,
    objects: [
      { image: 'first', phrase: 'bear', box: [0, 0, 0.6, 1] },
      { image: 'second', phrase: 'rabbit', box: [0.4, 0, 1, 1] },
    ],
  });
  let insideAtFirstStep = 0;
  let firstStep = 0;
  let insideAtEnd = 0;
  let end = 0;
  const draw = (): Promise<unknown> =>
    engine.generate(request, {
      loadPhoto: () => Promise.resolve(greyPhoto()),
      onPreview: () => undefined,
      onProgress(progress) {
        if (progress.stage === 'drawing' && progress.step === 1) {
          [firstStep, insideAtFirstStep] = [performance.now(), inside];
        }
        if (progress.stage === 'developing') [end, insideAtEnd] = [performance.now(), inside];
      },
    });
  // The first generation loads the networks.
  await draw();
  await draw();
  await engine.dispose();
  await runtime.dispose();
  const total = end - firstStep;
  return { steps: STEPS, step: total / STEPS, share: 1 - (insideAtEnd - insideAtFirstStep) / total };
}

function greyPhoto(): RgbaImage {
  return rgbaImage(64, 64, new Uint8ClampedArray(4 * 64 * 64).fill(128));
}
