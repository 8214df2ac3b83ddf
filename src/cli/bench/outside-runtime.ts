import { openEngine } from '../../gpu/pipeline/engine.ts';
import { createNodeRuntime, createNodeWasmRuntime } from '../../gpu/runtime/node-runtime.ts';
import type { OpenedPack } from '../../weights/pack-reader.ts';
import { benchPhoto, benchRequest } from './bench-request.ts';
import type { BenchProvider } from './compare.ts';

export interface OutsideRuntime {
  readonly steps: number;
  /** Milliseconds of one step in a whole generation. */
  readonly step: number;
  /** Share of it that is not spent in onnxruntime's `run`, which includes its own copies of inputs. */
  readonly share: number;
}

const STEPS = 10;
const GENERATIONS = 5;

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
  const request = benchRequest(pack.manifest, STEPS);
  let insideAtFirstStep = 0;
  let firstStep = 0;
  /** Of the steps of all generations so far. */
  let insideSteps = 0;
  let steps = 0;
  const draw = (): Promise<unknown> =>
    engine.generate(request, {
      loadPhoto: benchPhoto,
      onPreview: () => undefined,
      onProgress(progress) {
        if (progress.stage === 'drawing' && progress.step === 1) {
          [firstStep, insideAtFirstStep] = [performance.now(), inside];
        }
        if (progress.stage === 'developing') {
          steps += performance.now() - firstStep;
          insideSteps += inside - insideAtFirstStep;
        }
      },
    });
  // The first generation loads the networks.
  await draw();
  [insideSteps, steps] = [0, 0];
  for (let generation = 0; generation < GENERATIONS; generation += 1) await draw();
  await engine.dispose();
  await runtime.dispose();
  const counted = GENERATIONS * STEPS;
  return { steps: counted, step: steps / counted, share: 1 - insideSteps / steps };
}
