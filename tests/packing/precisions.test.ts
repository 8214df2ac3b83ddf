import { describe, expect, it } from 'vitest';
import { buildUnet } from '../../src/gpu/networks/unet.ts';
import { buildVaeDecoder } from '../../src/gpu/networks/vae-decoder.ts';
import { unscaleLatents } from '../../src/gpu/pipeline/decode.ts';
import { loadModel } from '../../src/gpu/pipeline/model.ts';
import { hostTensor } from '../../src/gpu/runtime/runtime.ts';
import type { Precision } from '../../src/weights/pack-manifest.ts';
import { caseRequest, caseTensors, row } from '../support/golden.ts';
import { stepInputs } from '../support/golden-step.ts';
import { runGraph } from '../support/run-graph.ts';
import { openTinyPack } from '../support/tiny-pack.ts';

/** Root of the mean squared error over that of the mean square: noise to signal. */
function noiseToSignal(actual: Float32Array, expected: Float32Array): number {
  let noise = 0;
  let signal = 0;
  for (const [index, want] of expected.entries()) {
    noise += ((actual[index] ?? NaN) - want) ** 2;
    signal += want ** 2;
  }
  return Math.sqrt(noise / signal);
}

interface Measured {
  readonly step: number;
  readonly image: number;
}

/** One U-Net step with its keys and values, and one decoded picture, against PyTorch in float32. */
async function measure(precision: Precision): Promise<Measured> {
  const pack = await openTinyPack(precision);
  const model = await loadModel(pack);
  const golden = await caseTensors('two');
  const expected = golden.get('step.prediction');
  const [rows, , latentHeight = 0, latentWidth = 0] = expected.shape;
  const size = { latentHeight, latentWidth };
  const unet = buildUnet(model.unet.config, model.unet.component, { batch: rows === 2 ? 2 : 1, ...size });
  const step = await runGraph(pack, unet, await stepInputs(pack, model, caseRequest('two'), golden));

  const finished = await caseTensors('one');
  const samples = finished.get('samples');
  const [steps = 0, ...shape] = samples.shape;
  const [, height = 0, width = 0] = shape;
  const { component, config } = model.vae;
  const decoder = buildVaeDecoder(config, component, { latentHeight: height, latentWidth: width });
  const latents = unscaleLatents(row(samples, steps - 1), config);
  const picture = await runGraph(pack, decoder, { latents: hostTensor('float32', [1, ...shape], latents) });

  return {
    step: noiseToSignal(step('output'), expected.data),
    image: noiseToSignal(picture('image'), finished.get('image').data),
  };
}

describe('a pack in fewer bits', () => {
  it.each([
    { precision: 'fp32', step: 5e-6, image: 5e-6 },
    { precision: 'fp16', step: 1e-4, image: 1e-4 },
    { precision: 'q8', step: 0.01, image: 0.03 },
    { precision: 'q4', step: 0.04, image: 0.03 },
  ] as const)('computes with $precision weights what PyTorch computes', async (bound) => {
    const measured = await measure(bound.precision);
    expect(measured.step).toBeLessThan(bound.step);
    expect(measured.image).toBeLessThan(bound.image);
  });
});
