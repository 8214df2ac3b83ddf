import { throwIfAborted } from '../../shared/errors.ts';
import { letMessagesIn } from '../../shared/let-messages-in.ts';
import { applyGuidance, type GuidanceSettings, isGuidedStep } from '../../sampling/guidance.ts';
import type { NoiseSource } from '../../sampling/philox.ts';
import { type SamplerPlan, scaleInput, takeStep } from '../../sampling/sampler.ts';

/** The network as the sampler sees it: predictions for one scaled sample [C,h,w] at one timestep. */
export interface Predictor {
  conditional(input: Float32Array, timestep: number): Promise<Float32Array>;
  /** Both predictions of classifier-free guidance. */
  guided(
    input: Float32Array,
    timestep: number,
  ): Promise<{ unconditional: Float32Array; conditional: Float32Array }>;
}

export interface DenoiseOptions extends GuidanceSettings {
  readonly plan: SamplerPlan;
  readonly guidanceRescale: number;
  /** Unit normal noise [C,h,w] that the plan scales. */
  readonly initialNoise: Float32Array;
  /** What stochastic samplers draw from. */
  readonly noise: NoiseSource;
  readonly signal?: AbortSignal | undefined;
  /** Called before step `step` of `steps`, counted from 1. */
  readonly onStep?: ((step: number, steps: number) => void) | undefined;
  /** Called after each step with the sample and the clean estimate x̂0. */
  readonly onSample?: ((step: number, sample: Float32Array, clean: Float32Array) => void) | undefined;
}

/**
 * Runs the sampler: noise in, latents [C,h,w] out. Cancelling takes effect before the next step and
 * rejects with AbortError. A step whose guidance is off costs one prediction.
 */
export async function denoise(predictor: Predictor, options: DenoiseOptions): Promise<Float32Array> {
  const { plan, initialNoise, noise, signal, onStep, onSample } = options;
  const steps = plan.steps.length;
  let sample: Float32Array = initialNoise.map((value) => value * plan.initialNoiseScale);
  let clean: Float32Array | undefined;
  for (const [index, step] of plan.steps.entries()) {
    // The wasm provider resolves without leaving the task.
    await letMessagesIn();
    throwIfAborted(signal);
    onStep?.(index + 1, steps);
    const input = scaleInput(step, sample);
    let prediction: Float32Array;
    if (isGuidedStep(options, index, steps)) {
      const both = await predictor.guided(input, step.timestep);
      prediction = applyGuidance(
        both.unconditional,
        both.conditional,
        options.guidance,
        options.guidanceRescale,
      );
    } else {
      prediction = await predictor.conditional(input, step.timestep);
    }
    const output = takeStep(step, {
      sample,
      prediction,
      previousClean: clean,
      noise: step.fromNoise === 0 ? undefined : noise.next(sample.length),
    });
    ({ sample, clean } = output);
    onSample?.(index + 1, sample, clean);
  }
  return sample;
}
