import path from 'node:path';
import { expect, test } from '@playwright/test';
import { openEngine } from '../src/gpu/pipeline/engine.ts';
import { loadModel } from '../src/gpu/pipeline/model.ts';
import { createNodeRuntime } from '../src/gpu/runtime/node-runtime.ts';
import { type GenerationRequest, requestSchema } from '../src/shared/request.ts';
import { createFolderStore } from '../src/weights/node-store.ts';
import { type OpenedPack, openPack } from '../src/weights/pack-reader.ts';
import { linearLayers, linearLora } from '../tests/support/linear-lora.ts';
import type { HarnessJob, HarnessOutcome } from './harness/job.ts';
import { paintedPhoto } from './harness/painted-photo.ts';

const HARNESS = 'http://localhost:4198/';
/** The pack that global-setup.ts makes and the harness loads. */
const HARNESS_PACK = path.join(import.meta.dirname, '../.cache/harness-public/tiny-pack');

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

const harnessPack = (): Promise<OpenedPack> => openPack(createFolderStore(HARNESS_PACK));

/** A LoRA on every linear layer, which takes graphs of its own. */
const STYLE = 'style';
async function styleLora(): Promise<Uint8Array> {
  return linearLora(linearLayers(await loadModel(await harnessPack())), 'kohya', 1);
}

/** The same picture by onnxruntime-node, which the golden tests hold to PyTorch. */
async function latentsInNode(drawn: GenerationRequest): Promise<readonly number[]> {
  const runtime = createNodeRuntime({ threads: 1 });
  let latents: readonly number[] = [];
  const engine = await openEngine({
    runtime,
    pack: await harnessPack(),
    onDump(name, _, data) {
      if (name === `latents.${drawn.steps}`) latents = [...data];
    },
  });
  await engine.installLora(STYLE, await styleLora());
  await engine.generate(drawn, { loadPhoto: (name) => Promise.resolve(paintedPhoto(name)) });
  await engine.dispose();
  await runtime.dispose();
  return latents;
}

const REQUESTS = {
  'a RelationLoRA': request,
  'a LoRA on every linear layer': {
    ...request,
    relation: [...request.relation, { lora: STYLE, weight: 0.8 }],
  },
} as const;

test.describe('the engine in a worker', () => {
  for (const [name, drawn] of Object.entries(REQUESTS)) {
    test(`draws on the processor and on WebGPU (software adapter) what Node draws, with ${name}`, async ({
      page,
    }) => {
      await page.goto(HARNESS);
      const loras = { [STYLE]: [...(await styleLora())] };
      const run = (device: HarnessJob['device']): Promise<HarnessOutcome> =>
        page.evaluate((job) => window.runHarness(job), {
          device,
          packUrl: '/tiny-pack/',
          request: drawn,
          loras,
        });

      const wasm = await run('wasm');
      expect(wasm.kind === 'failed' ? wasm.message : 'done').toBe('done');
      const webgpu = await run('software-webgpu');
      // A browser without WebGPU fails here: this path is never skipped.
      expect(webgpu.kind === 'failed' ? webgpu.message : 'done').toBe('done');
      if (wasm.kind === 'failed' || webgpu.kind === 'failed') return;

      expect(wasm.device).toContain('WebAssembly');
      expect(webgpu.device).toBe('software WebGPU');
      expect(wasm.latents.length).toBe(4 * 8 * 8);
      const expected = await latentsInNode(drawn);
      expect(relativeError(wasm.latents, expected)).toBeLessThan(1e-4);
      expect(relativeError(webgpu.latents, expected)).toBeLessThan(1e-3);
    });
  }

  test('takes the processor by itself where the only adapter is software', async ({ page }) => {
    await page.goto(HARNESS);
    const outcome = await page.evaluate((job) => window.runHarness(job), {
      device: 'auto' as const,
      packUrl: '/tiny-pack/',
      request: { ...request, steps: 1 },
      loras: {},
    });
    expect(outcome.kind === 'failed' ? outcome.message : outcome.device).toContain('WebAssembly');
  });
});
