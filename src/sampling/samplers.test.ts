import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError } from '../shared/errors.ts';
import { SAMPLERS } from '../shared/request.ts';
import { applyGuidance } from './guidance.ts';
import { createNoiseSchedule } from './noise-schedule.ts';
import { createSamplerPlan } from './plan.ts';
import { scaleInput, takeStep } from './sampler.ts';
import { parseSchedulerConfig } from './scheduler-config.ts';
import { trailingTimesteps } from './timesteps.ts';

const LENGTH = 8;
/** float32 arithmetic in another order. */
const RELATIVE_TOLERANCE = 5e-6;
/**
 * diffusers adds a step to the sample in float32, so one spacing of float32 at the first sigma stays in
 * the result: nothing for SDXL (11), 5e-4 where zero terminal SNR makes it 4096.
 */
const FLOAT32_SPACING = 2 ** -23;

const numbers = z.array(z.number());
const goldenSchema = z.object({
  configs: z.record(z.string(), z.record(z.string(), z.unknown())),
  schedules: z.record(
    z.string(),
    z.object({ alphasCumprod: z.record(z.string(), z.number()), sigmas: z.record(z.string(), z.number()) }),
  ),
  cases: z.array(
    z.object({
      config: z.string(),
      sampler: z.enum(SAMPLERS),
      steps: z.number(),
      timesteps: numbers,
      initialNoiseScale: z.number(),
      samples: z.record(z.string(), numbers),
    }),
  ),
  trailing: z.record(z.string(), numbers),
  guidance: z.object({ scale: z.number(), rescale: z.number(), guided: numbers, rescaled: numbers }),
});
const golden = goldenSchema.parse(
  JSON.parse(readFileSync(new URL('../../tests/golden/data/sampling.json', import.meta.url), 'utf8')),
);

function ramp(scale: number, offset: number): Float32Array {
  return Float32Array.from({ length: LENGTH }, (_, index) => Math.cos(scale * (index + offset + 1)) * 1.3);
}

function network(input: Float32Array, timestep: number): Float32Array {
  return input.map((x, index) => Math.sin(1.3 * x + 0.01 * timestep + index));
}

function largestError(actual: ArrayLike<number>, expected: readonly number[]): number {
  return Math.max(...expected.map((value, index) => Math.abs((actual[index] ?? NaN) - value)));
}

function relativeError(actual: ArrayLike<number>, expected: readonly number[]): number {
  return largestError(actual, expected) / Math.max(...expected.map(Math.abs));
}

/** The noise level of a step whose network sees x / sqrt(σ² + 1). */
function sigmaOf(inputScale = NaN): number {
  return Math.sqrt(inputScale ** -2 - 1);
}

describe('samplers', () => {
  it.each(golden.cases)('$sampler on $config in $steps steps equals diffusers', (testCase) => {
    const config = parseSchedulerConfig(golden.configs[testCase.config]);
    const plan = createSamplerPlan(testCase.sampler, config, testCase.steps);
    expect(
      relativeError(
        plan.steps.map((step) => step.timestep),
        testCase.timesteps,
      ),
    ).toBeLessThan(1e-6);
    expect(plan.initialNoiseScale / testCase.initialNoiseScale).toBeCloseTo(1, 5);

    let sample: Float32Array = ramp(12.9898, 0).map((value) => value * plan.initialNoiseScale);
    let previousClean: Float32Array | undefined;
    let draws = 0;
    for (const [index, step] of plan.steps.entries()) {
      const prediction = network(scaleInput(step, sample), step.timestep);
      const noise = step.fromNoise === 0 ? undefined : ramp(78.233, draws * LENGTH);
      draws += 1;
      const output = takeStep(step, { sample, prediction, previousClean, noise });
      ({ sample, clean: previousClean } = output);
      const expected = testCase.samples[String(index)];
      if (expected === undefined) continue;
      const tolerance =
        RELATIVE_TOLERANCE * Math.max(...expected.map(Math.abs)) + FLOAT32_SPACING * plan.initialNoiseScale;
      expect(largestError(sample, expected)).toBeLessThan(tolerance);
    }
    expect(testCase.samples[String(testCase.steps - 1)]).toBeDefined();
  });

  it.each(Object.keys(golden.configs))('noise levels of %s equal diffusers', (name) => {
    const schedule = createNoiseSchedule(parseSchedulerConfig(golden.configs[name]));
    const expected = golden.schedules[name];
    for (const [index, value] of Object.entries(expected?.alphasCumprod ?? {})) {
      const actual = schedule.alphasCumprod[Number(index)] ?? NaN;
      // diffusers' Euler class writes 2^-24 over a terminal zero; the schedule keeps the zero for DDIM.
      if (value === 2 ** -24) expect(actual).toBe(0);
      else expect(actual / value).toBeCloseTo(1, 5);
    }
    for (const [index, value] of Object.entries(expected?.sigmas ?? {})) {
      expect((schedule.sigmas[Number(index)] ?? NaN) / value).toBeCloseTo(1, 5);
    }
  });

  it('rounds trailing timesteps half to even, as NumPy does', () => {
    for (const [steps, expected] of Object.entries(golden.trailing)) {
      expect(trailingTimesteps(1000, Number(steps))).toEqual(expected);
    }
  });

  it('gives the requested number of steps where the floating-point grid would give one more', () => {
    expect(trailingTimesteps(1000, 61)).toHaveLength(61);
    expect(Math.min(...trailingTimesteps(1000, 61))).toBeGreaterThan(0);
  });

  it.each([
    ['euler', 30, { first: 958, sigma: 11.47686, scale: 11.52034 }],
    ['euler', 50, { first: 981, sigma: undefined, scale: 13.15848 }],
    ['euler', 20, { first: 951, sigma: undefined, scale: 11.07359 }],
    ['euler-trailing', 4, { first: 999, sigma: 14.6147, scale: 14.6147 }],
  ] as const)(
    '%s in %i steps on SDXL begins where published tables do',
    (kind, steps, { first, sigma, scale }) => {
      const plan = createSamplerPlan(kind, parseSchedulerConfig(golden.configs['sdxl']), steps);
      const [step] = plan.steps;
      expect(step?.timestep).toBe(first);
      expect(plan.initialNoiseScale).toBeCloseTo(scale, 3);
      if (sigma !== undefined) expect(sigmaOf(step?.inputScale)).toBeCloseTo(sigma, 3);
    },
  );

  it('takes the published steps of SDXL-Lightning and LCM', () => {
    const config = parseSchedulerConfig(golden.configs['sdxl']);
    const lightning = createSamplerPlan('euler-trailing', config, 4).steps;
    expect(lightning.map(({ timestep }) => timestep)).toEqual([999, 749, 499, 249]);
    const sigmas = lightning.map(({ inputScale }) => sigmaOf(inputScale));
    for (const [index, sigma] of [14.6147, 4.08173, 1.61289, 0.693205].entries()) {
      expect(sigmas[index]).toBeCloseTo(sigma, 3);
    }
    const lcm = (steps: number): number[] =>
      createSamplerPlan('lcm', config, steps).steps.map(({ timestep }) => timestep);
    expect(lcm(4)).toEqual([999, 759, 499, 259]);
    expect(lcm(8)).toEqual([999, 879, 759, 639, 499, 379, 259, 139]);
  });

  it('has the published noise levels of SDXL', () => {
    const { alphasCumprod, sigmas } = createNoiseSchedule(parseSchedulerConfig(golden.configs['sdxl']));
    expect(alphasCumprod[0]).toBeCloseTo(0.99915, 5);
    expect(alphasCumprod[999]).toBeCloseTo(0.0046601, 6);
    expect(sigmas[0]).toBeCloseTo(0.0291675, 6);
    expect(sigmas[1]).toBeCloseTo(0.0413145, 6);
    expect(sigmas[999]).toBeCloseTo(14.6147, 3);
  });

  it('refuses what it cannot follow instead of drawing something else', () => {
    const sdxl = golden.configs['sdxl'];
    expect(() => parseSchedulerConfig({ ...sdxl, beta_schedule: 'squaredcos_cap_v2' })).toThrow(
      /beta_schedule/,
    );
    expect(() => parseSchedulerConfig({ ...sdxl, clip_sample: true })).toThrow(AppError);
    const config = parseSchedulerConfig(sdxl);
    expect(() => createSamplerPlan('lcm', config, 51)).toThrow(/at most 50/);
    expect(() => createSamplerPlan('euler', config, 0)).toThrow(/number of steps/);
    const zeroSnr = parseSchedulerConfig({ ...golden.configs['zero-snr-v'], prediction_type: 'epsilon' });
    expect(() => createSamplerPlan('ddim', zeroSnr, 10)).toThrow(/Choose an Euler sampler/);
  });
});

describe('guidance', () => {
  it('equals diffusers, with and without rescale', () => {
    const { scale, rescale, guided, rescaled } = golden.guidance;
    const unconditional = ramp(12.9898, 0);
    const conditional = ramp(78.233, 0);
    expect(relativeError(applyGuidance(unconditional, conditional, scale, 0), guided)).toBeLessThan(1e-6);
    expect(relativeError(applyGuidance(unconditional, conditional, scale, rescale), rescaled)).toBeLessThan(
      1e-6,
    );
  });

  it('of scale 1 is the conditional prediction', () => {
    const conditional = ramp(78.233, 0);
    expect(relativeError(applyGuidance(ramp(12.9898, 0), conditional, 1, 0), [...conditional])).toBeLessThan(
      1e-6,
    );
  });
});
