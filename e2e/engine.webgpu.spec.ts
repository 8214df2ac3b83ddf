import { expect, test } from '@playwright/test';
import { requestSchema } from '../src/shared/request.ts';
import type { HarnessJob, HarnessOutcome } from './harness/job.ts';

const HARNESS = 'http://localhost:4198/';

const request = requestSchema.parse({
  pack: 'golden',
  prompt: 'a bear is hugging a rabbit on the beach',
  negativePrompt: 'blurry',
  objects: [
    { image: 'first', phrase: 'bear', box: [0.05, 0.2, 0.6, 0.95] },
    { image: 'second', phrase: 'rabbit', box: [0.45, 0.1, 0.95, 0.9], weight: 0.8 },
  ],
  relation: [{ lora: 'hugging', weight: 0.7 }],
  steps: 2,
  sampler: 'euler',
  guidance: 5,
  identityScale: 0.6,
  seed: 11,
  width: 64,
  height: 64,
});

function relativeError(found: readonly number[], expected: readonly number[]): number {
  const difference = expected.reduce((sum, value, index) => sum + ((found[index] ?? NaN) - value) ** 2, 0);
  return Math.sqrt(difference / expected.reduce((sum, value) => sum + value ** 2, 0));
}

test.describe('the engine in a worker', () => {
  test('draws the same on WebGPU (software adapter) as on the processor', async ({ page }) => {
    await page.goto(HARNESS);
    const run = (device: HarnessJob['device']): Promise<HarnessOutcome> =>
      page.evaluate((job) => window.runHarness(job), { device, packUrl: '/tiny-pack/', request });

    const wasm = await run('wasm');
    expect(wasm.kind === 'failed' ? wasm.message : 'done').toBe('done');
    const webgpu = await run('software-webgpu');
    // A browser without WebGPU fails here: this path is never skipped.
    expect(webgpu.kind === 'failed' ? webgpu.message : 'done').toBe('done');
    if (wasm.kind === 'failed' || webgpu.kind === 'failed') return;

    expect(wasm.device).toContain('WebAssembly');
    expect(webgpu.device).toBe('software WebGPU');
    expect(wasm.latents.length).toBe(4 * 8 * 8);
    expect(relativeError(webgpu.latents, wasm.latents)).toBeLessThan(1e-3);
  });

  test('takes the processor by itself where the only adapter is software', async ({ page }) => {
    await page.goto(HARNESS);
    const outcome = await page.evaluate((job) => window.runHarness(job), {
      device: 'auto' as const,
      packUrl: '/tiny-pack/',
      request: { ...request, steps: 1 },
    });
    expect(outcome.kind === 'failed' ? outcome.message : outcome.device).toContain('WebAssembly');
  });
});
