import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relativeError } from '../../src/gpu/graph/test-support-node.ts';
import { type Engine, openEngine } from '../../src/gpu/pipeline/engine.ts';
import { createNodeRuntime } from '../../src/gpu/runtime/node-runtime.ts';
import {
  caseRequest,
  caseTensors,
  FAULT_FACTOR,
  goldenBytes,
  goldenPhoto,
  LATENT_TOLERANCE,
  row,
} from '../support/golden.ts';
import { LOAD_TIMEOUT, openTinyPack } from '../support/tiny-pack.ts';

/** One and the same update; alpha differs from the rank where a format can say so. */
const FORMATS = [
  'peft/adapter_model',
  'diffusers-peft/pytorch_lora_weights',
  'diffusers-processor/pytorch_lora_weights',
  'kohya-diffusers/lora',
  'kohya-sgm/lora',
] as const;

const runtime = createNodeRuntime({ threads: 1 });
let engine: Engine;
let latents = new Float32Array();

beforeAll(async () => {
  engine = await openEngine({
    runtime,
    pack: await openTinyPack(),
    onDump(name, _, data) {
      if (name === 'latents.30') latents = Float32Array.from(data);
    },
  });
}, LOAD_TIMEOUT);

afterAll(async () => {
  await engine.dispose();
  await runtime.dispose();
});

async function draw(relation: readonly { lora: string; weight: number }[]): Promise<Float32Array> {
  const golden = await caseTensors('two');
  const run = { loadPhoto: goldenPhoto, initialNoise: golden.get('noise').data };
  await engine.generate(caseRequest('two', { relation }), run);
  return latents;
}

describe('RelationLoRA files of every format give the picture that diffusers gives', () => {
  it.each(FORMATS)('%s', async (format) => {
    const summary = await engine.installLora(format, goldenBytes(`lora/${format}.safetensors`));
    expect(summary).toEqual({ rank: 2, layers: 68, ignoredKeys: 0 });
    const expected = row((await caseTensors('two')).get('samples'), 30);
    expect(relativeError(await draw([{ lora: format, weight: 1 }]), expected)).toBeLessThan(LATENT_TOLERANCE);
  });

  it('and another picture than no LoRA, or half of it', async () => {
    const expected = row((await caseTensors('two')).get('samples'), 30);
    for (const relation of [[], [{ lora: 'hugging', weight: 0.5 }]]) {
      const error = relativeError(await draw(relation), expected);
      expect(error).toBeGreaterThan(FAULT_FACTOR * LATENT_TOLERANCE);
    }
  });
});
