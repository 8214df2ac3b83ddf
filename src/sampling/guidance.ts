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

function standardDeviation(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
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
  const guided = conditional.map((value, index) => {
    const base = unconditional[index] ?? NaN;
    return base + guidance * (value - base);
  });
  if (rescale === 0) return guided;
  const spread = standardDeviation(guided);
  if (spread === 0) return guided;
  const factor = rescale * (standardDeviation(conditional) / spread) + (1 - rescale);
  return guided.map((value) => value * factor);
}
