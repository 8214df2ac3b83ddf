import { invariant } from '../shared/errors.ts';
import type { PredictionType } from './scheduler-config.ts';

/**
 * One step of a sampler as scalars. Every sampler here is linear in the sample, the network's
 * prediction, the previous clean estimate and fresh noise, so a step is:
 *
 *   network input  = inputScale · x
 *   x̂0             = cleanFromSample · x + cleanFromPrediction · prediction
 *   next x         = fromSample · x + fromClean · x̂0 + fromPreviousClean · (x̂0 of the step before) + fromNoise · noise
 */
export interface SamplerStep {
  /** What the network is told; fractional for some spacings. */
  readonly timestep: number;
  readonly inputScale: number;
  readonly cleanFromSample: number;
  readonly cleanFromPrediction: number;
  readonly fromSample: number;
  readonly fromClean: number;
  readonly fromPreviousClean: number;
  readonly fromNoise: number;
}

export interface SamplerPlan {
  /** The first sample is unit normal noise times this. */
  readonly initialNoiseScale: number;
  readonly steps: readonly SamplerStep[];
}

export interface StepInput {
  readonly sample: Float32Array;
  /** The network's output after guidance. */
  readonly prediction: Float32Array;
  /** x̂0 of the step before; needed where `fromPreviousClean` is not 0. */
  readonly previousClean?: Float32Array | undefined;
  /** Unit normal noise; needed where `fromNoise` is not 0. */
  readonly noise?: Float32Array | undefined;
}

export interface StepOutput {
  readonly sample: Float32Array;
  /** The clean estimate x̂0 of this step: for previews and for the next step. */
  readonly clean: Float32Array;
}

/** How a prediction turns into x̂0 at signal α and noise σ·α, for samples x = α·x0 + noise. */
export function cleanCoefficients(
  predictionType: PredictionType,
  alpha: number,
  noise: number,
): Pick<SamplerStep, 'cleanFromSample' | 'cleanFromPrediction'> {
  switch (predictionType) {
    case 'epsilon':
      return { cleanFromSample: 1 / alpha, cleanFromPrediction: -noise / alpha };
    case 'v_prediction':
      return { cleanFromSample: alpha, cleanFromPrediction: -noise };
    case 'sample':
      return { cleanFromSample: 0, cleanFromPrediction: 1 };
  }
}

/** The network input of a step, a new array. */
export function scaleInput(step: SamplerStep, sample: Float32Array): Float32Array {
  const input = new Float32Array(sample.length);
  for (let index = 0; index < input.length; index += 1) {
    input[index] = (sample[index] ?? NaN) * step.inputScale;
  }
  return input;
}

/** Takes one step; all arrays have the sample's length. Computed in double precision, rounded once to float32. */
export function takeStep(step: SamplerStep, input: StepInput): StepOutput {
  const { sample, prediction, previousClean, noise } = input;
  invariant(prediction.length === sample.length, () => 'A prediction must be as long as its sample.');
  invariant(step.fromNoise === 0 || noise !== undefined, () => 'This sampler step needs fresh noise.');
  invariant(
    step.fromPreviousClean === 0 || previousClean !== undefined,
    () => 'This sampler step needs the clean estimate of the step before.',
  );
  const next = new Float32Array(sample.length);
  const clean = new Float32Array(sample.length);
  for (let index = 0; index < sample.length; index += 1) {
    const x = sample[index] ?? NaN;
    const estimate = step.cleanFromSample * x + step.cleanFromPrediction * (prediction[index] ?? NaN);
    clean[index] = estimate;
    let value = step.fromSample * x + step.fromClean * estimate;
    if (step.fromPreviousClean !== 0) value += step.fromPreviousClean * (previousClean?.[index] ?? NaN);
    if (step.fromNoise !== 0) value += step.fromNoise * (noise?.[index] ?? NaN);
    next[index] = value;
  }
  return { sample: next, clean };
}
