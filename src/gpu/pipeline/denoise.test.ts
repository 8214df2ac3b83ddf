import { describe, expect, it } from 'vitest';
import { createPhiloxNoise } from '../../sampling/philox.ts';
import { createSamplerPlan } from '../../sampling/plan.ts';
import { parseSchedulerConfig } from '../../sampling/scheduler-config.ts';
import { AbortError } from '../../shared/errors.ts';
import { denoise, type DenoiseOptions, type Predictor } from './denoise.ts';

const config = parseSchedulerConfig({ beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' });

function countingPredictor(): Predictor & { readonly calls: { conditional: number; guided: number } } {
  const calls = { conditional: 0, guided: 0 };
  const predict = (input: Float32Array, gain: number): Float32Array => input.map((value) => gain * value);
  return {
    calls,
    conditional(input) {
      calls.conditional += 1;
      return Promise.resolve(predict(input, 0.9));
    },
    guided(input) {
      calls.guided += 1;
      return Promise.resolve({ unconditional: predict(input, 0.7), conditional: predict(input, 0.9) });
    },
  };
}

function optionsOf(some: Partial<DenoiseOptions>): DenoiseOptions {
  const noise = createPhiloxNoise(3);
  return {
    plan: createSamplerPlan('euler', config, 10),
    guidance: 1,
    guidanceInterval: [0, 1],
    guidanceRescale: 0,
    initialNoise: noise.next(12),
    noise,
    ...some,
  };
}

describe('the denoising loop', () => {
  it('asks for no unconditional prediction at guidance 1', async () => {
    const predictor = countingPredictor();
    await denoise(predictor, optionsOf({ guidance: 1 }));
    expect(predictor.calls).toEqual({ conditional: 10, guided: 0 });
  });

  it('guides only inside the interval', async () => {
    const predictor = countingPredictor();
    await denoise(predictor, optionsOf({ guidance: 5, guidanceInterval: [0.2, 0.6] }));
    expect(predictor.calls).toEqual({ conditional: 6, guided: 4 });
  });

  it('reports every step before and after it', async () => {
    const seen: string[] = [];
    await denoise(
      countingPredictor(),
      optionsOf({
        plan: createSamplerPlan('dpmpp-2m', config, 2),
        onStep: (step, steps) => seen.push(`${step}/${steps}`),
        onSample: (step, sample, clean) => seen.push(`${step}: ${sample.length} ${clean.length}`),
      }),
    );
    expect(seen).toEqual(['1/2', '1: 12 12', '2/2', '2: 12 12']);
  });

  it('stops before the next step when cancelled', async () => {
    const controller = new AbortController();
    const predictor = countingPredictor();
    const run = denoise(
      predictor,
      optionsOf({
        signal: controller.signal,
        onSample: (step) => {
          if (step === 3) controller.abort();
        },
      }),
    );
    await expect(run).rejects.toBeInstanceOf(AbortError);
    expect(predictor.calls.conditional).toBe(3);
  });

  it('hears a cancel that came as a message during a step, though the network never leaves its task', async () => {
    const controller = new AbortController();
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      controller.abort();
    };
    const predictor = countingPredictor();
    const run = denoise(
      predictor,
      optionsOf({
        signal: controller.signal,
        onStep: (step) => {
          if (step === 3) port2.postMessage('cancel');
        },
      }),
    );
    await expect(run).rejects.toBeInstanceOf(AbortError);
    expect(predictor.calls.conditional).toBe(3);
    port1.close();
  });

  it('gives the same latents for the same seed with a sampler that draws noise', async () => {
    const run = (seed: number): Promise<Float32Array> => {
      const noise = createPhiloxNoise(seed);
      return denoise(
        countingPredictor(),
        optionsOf({
          plan: createSamplerPlan('euler-ancestral', config, 4),
          initialNoise: noise.next(12),
          noise,
        }),
      );
    };
    expect(await run(5)).toEqual(await run(5));
    expect(await run(5)).not.toEqual(await run(6));
  });
});
