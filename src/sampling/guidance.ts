import { invariant } from '../shared/errors.ts';

export interface GuidanceSettings {
  /** Guidance scale; 1 or less means no unconditional pass. */
  readonly guidance: number;
  /** Fractions of the steps [from, to) in which guidance is on. */
  readonly guidanceInterval: readonly [number, number];
}

/** Whether step `index` of `steps` needs the unconditional prediction. */
export function isGuidedStep(settings: GuidanceSettings, index: number, steps: number): boolean {
  const [from, to] = settings.guidanceInterval;
  return settings.guidance > 1 && index >= from * steps && index < to * steps;
}

/** Indexed loops here and below: beside a small network's step, `map` and iterators take a measurable part of it. */
function standardDeviation(values: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index] ?? NaN;
  const mean = sum / values.length;
  let squares = 0;
  for (let index = 0; index < values.length; index += 1) {
    const difference = (values[index] ?? NaN) - mean;
    squares += difference * difference;
  }
  return Math.sqrt(squares / (values.length - 1));
}

/**
 * Classifier-free guidance: u + g·(c - u) (arXiv 2207.12598, eq. 6), then brought back towards the
 * conditional prediction's standard deviation by `rescale` (φ of arXiv 2305.08891, eq. 15–16; 0 is off).
 */
export function applyGuidance(
  unconditional: Float32Array,
  conditional: Float32Array,
  guidance: number,
  rescale: number,
): Float32Array {
  invariant(
    unconditional.length === conditional.length,
    () => 'The unconditional and conditional predictions must have one length.',
  );
  const guided = new Float32Array(conditional.length);
  for (let index = 0; index < guided.length; index += 1) {
    const base = unconditional[index] ?? NaN;
    guided[index] = base + guidance * ((conditional[index] ?? NaN) - base);
  }
  if (rescale === 0) return guided;
  const spread = standardDeviation(guided);
  if (spread === 0) return guided;
  const factor = rescale * (standardDeviation(conditional) / spread) + (1 - rescale);
  for (let index = 0; index < guided.length; index += 1) guided[index] = (guided[index] ?? NaN) * factor;
  return guided;
}
