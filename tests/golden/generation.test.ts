import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relativeError } from '../../src/gpu/graph/test-support-node.ts';
import { type Engine, openEngine } from '../../src/gpu/pipeline/engine.ts';
import { createNodeRuntime } from '../../src/gpu/runtime/node-runtime.ts';
import type { GenerationRequest } from '../../src/shared/request.ts';
import {
  CASE_NAMES,
  caseRequest,
  caseTensors,
  goldenPhoto,
  LATENT_TOLERANCE,
  row,
} from '../support/golden.ts';
import { LOAD_TIMEOUT, openTinyPack } from '../support/tiny-pack.ts';

const runtime = createNodeRuntime({ threads: 1 });
let engine: Engine;
let dumps = new Map<string, Float32Array>();

beforeAll(async () => {
  const onDump = (name: string, _: readonly number[], data: Float32Array): void => {
    dumps.set(name, data);
  };
  engine = await openEngine({ runtime, pack: await openTinyPack(), onDump });
}, LOAD_TIMEOUT);

afterAll(async () => {
  await engine.dispose();
  await runtime.dispose();
});

async function generate(
  request: GenerationRequest,
  noise: Float32Array,
): Promise<ReadonlyMap<string, Float32Array>> {
  dumps = new Map();
  await engine.generate(request, { loadPhoto: goldenPhoto, initialNoise: noise });
  return dumps;
}

describe('whole generations equal diffusers with the literal method', () => {
  it.each(CASE_NAMES)('%s: latents after every one of thirty Euler steps', async (name) => {
    const golden = await caseTensors(name);
    const request = caseRequest(name);
    const made = await generate(request, golden.get('noise').data);
    const samples = golden.get('samples');
    const errors = Array.from({ length: request.steps }, (_, index) =>
      relativeError(made.get(`latents.${index + 1}`) ?? [], row(samples, index + 1)),
    );
    expect(errors).toHaveLength(30);
    expect(Math.max(...errors)).toBeLessThan(LATENT_TOLERANCE);
    if (golden.names().includes('image')) {
      expect(relativeError(made.get('image') ?? [], golden.get('image').data)).toBeLessThan(LATENT_TOLERANCE);
    }
  });
});
