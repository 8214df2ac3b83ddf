import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relativeError } from '../../src/gpu/graph/test-support-node.ts';
import { openEngine } from '../../src/gpu/pipeline/engine.ts';
import { createNodeRuntime } from '../../src/gpu/runtime/node-runtime.ts';
import type { GenerationRequest } from '../../src/shared/request.ts';
import type { OpenedPack } from '../../src/weights/pack-reader.ts';
import type { Precision } from '../../src/weights/pack-manifest.ts';
import {
  CASE_NAMES,
  caseRequest,
  caseTensors,
  FAULT_FACTOR,
  goldenPhoto,
  LATENT_TOLERANCE,
  row,
} from '../support/golden.ts';
import { LOAD_TIMEOUT, openTinyPack, packOfCase } from '../support/tiny-pack.ts';

const runtime = createNodeRuntime({ threads: 1 });
let pack: OpenedPack;

beforeAll(async () => {
  pack = await openTinyPack();
}, LOAD_TIMEOUT);
afterAll(() => runtime.dispose());

/** Intermediate tensors of each request, in order, drawn one after another by one engine from a case's noise. */
async function generate(
  name: string,
  requests: readonly GenerationRequest[],
  weights = pack,
): Promise<readonly ReadonlyMap<string, Float32Array>[]> {
  let dumps = new Map<string, Float32Array>();
  const engine = await openEngine({
    runtime,
    pack: packOfCase(weights, name),
    onDump: (dumped, _, data) => dumps.set(dumped, data),
  });
  const initialNoise = (await caseTensors(name)).get('noise').data;
  const all: ReadonlyMap<string, Float32Array>[] = [];
  for (const request of requests) {
    dumps = new Map();
    await engine.generate(request, { loadPhoto: goldenPhoto, initialNoise });
    all.push(dumps);
  }
  await engine.dispose();
  return all;
}

describe('whole generations equal diffusers with the literal method', () => {
  it.each(CASE_NAMES)('%s: latents after every one of thirty Euler steps', async (name) => {
    const golden = await caseTensors(name);
    const request = caseRequest(name);
    const [made] = await generate(name, [request]);
    const samples = golden.get('samples');
    const errors = Array.from({ length: request.steps }, (_, index) =>
      relativeError(made?.get(`latents.${index + 1}`) ?? [], row(samples, index + 1)),
    );
    expect(errors).toHaveLength(30);
    expect(Math.max(...errors)).toBeLessThan(LATENT_TOLERANCE);
    if (golden.names().includes('image')) {
      expect(relativeError(made?.get('image') ?? [], golden.get('image').data)).toBeLessThan(
        LATENT_TOLERANCE,
      );
    }
  });
});

/** Errors of the last latents of a case whose request is changed. */
async function errorsOf(
  name: string,
  changes: readonly Partial<GenerationRequest>[],
): Promise<readonly number[]> {
  const expected = row((await caseTensors(name)).get('samples'), 30);
  const requests = changes.map((change) => caseRequest(name, change));
  const results = await generate(name, requests);
  return results.map((made) => {
    const latents = made.get('latents.30');
    if (latents === undefined) throw new Error('the engine gave no last latents');
    return relativeError(latents, expected);
  });
}

describe.each(['two', 'velocity'])('thirty steps of "%s" show every single fault', (name) => {
  const { objects, relation, identityScale, guidance } = caseRequest(name);
  const faults: readonly (readonly [string, Partial<GenerationRequest>])[] = [
    ['γ a sixth too small', { identityScale: (identityScale * 5) / 6 }],
    ['half the LoRA', { relation: relation.map((use) => ({ ...use, weight: use.weight / 2 })) }],
    [
      'boxes swapped',
      {
        objects: objects.map((object, index) => ({ ...object, box: objects[1 - index]?.box ?? object.box })),
      },
    ],
    ['no local tokens', { localTokens: false }],
    ['no negative prompt', { negativePrompt: '' }],
    ['guidance 0.1 too small', { guidance: guidance - 0.1 }],
  ];

  it(`each by ${FAULT_FACTOR} times the tolerance`, async () => {
    const errors = await errorsOf(
      name,
      faults.map(([, change]) => change),
    );
    const seen = faults.map(([fault], index) => [
      fault,
      (errors[index] ?? 0) > FAULT_FACTOR * LATENT_TOLERANCE,
    ]);
    expect(seen).toEqual(faults.map(([fault]) => [fault, true]));
  });
});

describe('a RelationLoRA without any photo', () => {
  const { relation } = caseRequest('relation-alone');
  const half = relation.map((use) => ({ ...use, weight: use.weight / 2 }));

  it('acts on the base model: without it, or with half of it, the latents are others', async () => {
    const errors = await errorsOf('relation-alone', [{ relation: [] }, { relation: half }]);
    for (const error of errors) expect(error).toBeGreaterThan(FAULT_FACTOR * LATENT_TOLERANCE);
  });
});

describe('packs of less precision stay near', () => {
  // Measured 3.0e-4, 1.4e-2 and 1.8e-1: random weights are harder to quantize than trained ones.
  const bounds: readonly (readonly [Precision, number])[] = [
    ['fp16', 1e-3],
    ['q8', 3e-2],
    ['q4', 0.3],
  ];

  it.each(bounds)('%s', async (precision, bound) => {
    const [made] = await generate('two', [caseRequest('two')], await openTinyPack(precision));
    const expected = row((await caseTensors('two')).get('samples'), 30);
    const error = relativeError(made?.get('latents.30') ?? [], expected);
    expect(error).toBeLessThan(bound);
    expect(error).toBeGreaterThan(bound / 100);
  });
});
