import { createSamplerPlan } from '../../sampling/plan.ts';
import { createPhiloxNoise } from '../../sampling/philox.ts';
import { latentSize, type LatentSize } from '../../sampling/size.ts';
import { AppError, throwIfAborted } from '../../shared/errors.ts';
import type { GenerationRequest } from '../../shared/request.ts';
import type { PackManifest } from '../../weights/pack-manifest.ts';
import type { DeviceReport, Runtime } from '../runtime/runtime.ts';
import { createConditioning } from './conditioning.ts';
import { imageToPixels } from './decode.ts';
import { decodeLatents } from './decode-stage.ts';
import { denoise } from './denoise.ts';
import type { Experiments } from './experiments.ts';
import { createLoraLibrary } from './lora-library.ts';
import { loadModel, type Model } from './model.ts';
import type { EnginePack } from './pack.ts';
import type { LoadPhoto } from './photo-stage.ts';
import { previewPixels } from './preview.ts';
import { DEFAULT_RESIDENT_BYTES } from './residency.ts';
import { createSessionCache } from './session-cache.ts';
import { attentionFor, type Dump, type StageContext } from './stage-context.ts';
import { createStopwatch } from './stopwatch.ts';
import { DEFAULT_DECODER_BYTES } from './tiles.ts';
import type { GenerateProgress, GenerationResult, LoraSummary, Preview, TokenCount } from './types.ts';
import { DEFAULT_DECODED_BYTES, stepWeights } from './step-weights.ts';
import { createUnetPredictor } from './unet-stage.ts';

export interface EngineOptions {
  readonly runtime: Runtime;
  readonly pack: EnginePack;
  readonly maxResidentBytes?: number;
  readonly experiments?: Experiments;
  /** Largest size in float32 of a U-Net whose quantized weights are decoded once instead of at every step. */
  readonly maxDecodedBytes?: number;
  /** Most bytes of activations in one run of the VAE decoder; larger pictures are decoded in tiles. */
  readonly maxDecoderBytes?: number;
  /** Receives intermediate tensors; stages that were answered from their cache give none. */
  readonly onDump?: Dump;
}

export interface GenerateOptions {
  readonly loadPhoto: LoadPhoto;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: GenerateProgress) => void) | undefined;
  readonly onPreview?: ((preview: Preview) => void) | undefined;
  /** Unit normal noise [C,h,w] instead of the seed's, as the `latents` argument of diffusers' pipelines. */
  readonly initialNoise?: Float32Array | undefined;
}

export interface Engine {
  readonly manifest: PackManifest;
  readonly device: DeviceReport;
  installLora(id: string, bytes: Uint8Array): Promise<LoraSummary>;
  /** How much of a text's room a prompt takes, by the text tower that needs more tokens for it. */
  countTokens(text: string): TokenCount;
  /** One picture. Calls must not overlap: the caller queues them. */
  generate(request: GenerationRequest, options: GenerateOptions): Promise<GenerationResult>;
  dispose(): Promise<void>;
}

/** Reads and checks a pack's description; weights are read by the stages that need them. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { runtime, pack, onDump, experiments } = options;
  const {
    maxResidentBytes = DEFAULT_RESIDENT_BYTES,
    maxDecoderBytes = DEFAULT_DECODER_BYTES,
    maxDecodedBytes = DEFAULT_DECODED_BYTES,
  } = options;
  const { model, ...weights } = stepWeights(await loadModel(pack), pack, runtime, maxDecodedBytes);
  const sessions = createSessionCache({ runtime, ...weights, maxResidentBytes });
  const context: StageContext = {
    sessions,
    runtime,
    attention: attentionFor(runtime.report),
    computeType: runtime.report.float16 ? 'float16' : 'float32',
    onDump,
  };
  const loras = createLoraLibrary(pack, model);
  const conditioning = createConditioning(model, context, experiments);

  return {
    manifest: pack.manifest,
    device: runtime.report,
    async installLora(id, bytes) {
      const summary = await loras.install(id, bytes);
      conditioning.forget();
      return summary;
    },
    countTokens(text) {
      const [first, second] = model.tokenizers;
      const [one, other] = [first.encode(text), second.encode(text)];
      return { count: Math.max(one.tokenCount, other.tokenCount), capacity: one.capacity };
    },
    async generate(request, run) {
      if (request.pack !== pack.manifest.id) {
        throw new AppError(
          'bad-request',
          `The request is for the pack "${request.pack}", but "${pack.manifest.id}" is open. Open that pack first.`,
        );
      }
      const latent = latentSize(request.width, request.height, model.size);
      const plan = createSamplerPlan(request.sampler, model.scheduler, request.steps);
      const stopwatch = createStopwatch();
      throwIfAborted(run.signal);
      const weighted = await loras.resolve(request.relation);
      const { conditions, cutTexts } = await conditioning.prepare(
        { request, latent, loras: weighted },
        { ...run, stopwatch },
      );

      throwIfAborted(run.signal);
      run.onProgress?.({ stage: 'drawing', step: 0, steps: request.steps });
      const predictor = await stopwatch.time('drawing', () =>
        createUnetPredictor(model, context, conditions),
      );
      const noise = createPhiloxNoise(request.seed);
      const count = model.unet.config.inChannels * latent.latentHeight * latent.latentWidth;
      const initialNoise = checkNoise(run.initialNoise ?? noise.next(count), count);
      onDump?.('initialNoise', latentShape(model, latent), initialNoise);
      const latents = await stopwatch.time('drawing', () =>
        denoise(predictor, {
          plan,
          guidance: request.guidance,
          guidanceInterval: request.guidanceInterval,
          guidanceRescale: model.scheduler.guidance_rescale,
          initialNoise,
          noise,
          signal: run.signal,
          onStep: (step, steps) => run.onProgress?.({ stage: 'drawing', step, steps }),
          onSample(step, sample, clean) {
            onDump?.(`latents.${step}`, latentShape(model, latent), sample);
            run.onPreview?.({
              step,
              width: latent.latentWidth,
              height: latent.latentHeight,
              pixels: previewPixels(
                clean,
                latent.latentWidth * latent.latentHeight,
                pack.manifest.previewMatrix,
              ),
            });
          },
        }).finally(() => predictor.release()),
      );

      throwIfAborted(run.signal);
      run.onProgress?.({ stage: 'developing' });
      const image = await stopwatch.time('developing', () =>
        decodeLatents(model, context, latent, latents, { maxDecoderBytes, signal: run.signal }),
      );
      onDump?.('image', [1, 3, request.height, request.width], image);
      return {
        width: request.width,
        height: request.height,
        pixels: imageToPixels(image),
        timings: stopwatch.timings(),
        cutTexts,
        device: runtime.report,
      };
    },
    async dispose() {
      conditioning.forget();
      await sessions.dispose();
    },
  };
}

function latentShape(model: Model, { latentHeight, latentWidth }: LatentSize): readonly number[] {
  return [1, model.unet.config.inChannels, latentHeight, latentWidth];
}

function checkNoise(noise: Float32Array, count: number): Float32Array {
  if (noise.length === count) return noise;
  throw new AppError(
    'bad-request',
    `The initial latents have ${noise.length} values, a picture of this size needs ${count}.`,
  );
}
