import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relativeError } from '../../src/gpu/graph/test-support-node.ts';
import { imageMaskInputs } from '../../src/gpu/networks/masks.ts';
import { attentionResolutions } from '../../src/gpu/networks/cross-attention-layout.ts';
import { buildUnet } from '../../src/gpu/networks/unet.ts';
import { loadModel, type Model } from '../../src/gpu/pipeline/model.ts';
import type { OpenedPack } from '../../src/weights/pack-reader.ts';
import {
  caseRequest,
  caseTensors,
  FAULT_FACTOR,
  type FloatTensor,
  type GoldenTensors,
  NETWORK_TOLERANCE,
  row,
} from '../support/golden.ts';
import {
  caseKeyValues,
  caseObjectTokens,
  type Inputs,
  packLoras,
  stepInputs,
} from '../support/golden-step.ts';
import { type LoadedGraph, loadGraph } from '../support/run-graph.ts';
import { LOAD_TIMEOUT, openTinyPack } from '../support/tiny-pack.ts';

/** The case with everything: guidance, two overlapping boxes, a RelationLoRA. */
const NAME = 'two';
const VISIBLE = FAULT_FACTOR * NETWORK_TOLERANCE;
const request = caseRequest(NAME);
const [first, second] = request.objects;
if (first === undefined || second === undefined) throw new Error(`the case ${NAME} has two objects`);

let pack: OpenedPack;
let model: Model;
let golden: GoldenTensors;
let inputs: Inputs;
let unet: LoadedGraph;

beforeAll(async () => {
  pack = await openTinyPack();
  model = await loadModel(pack);
  golden = await caseTensors(NAME);
  inputs = await stepInputs(pack, model, request, golden);
  const { component, config } = model.unet;
  unet = await loadGraph(pack, buildUnet(config, component, { batch: 2, latentHeight: 16, latentWidth: 16 }));
}, LOAD_TIMEOUT);
afterAll(() => unet.dispose());

/** Error of the step's prediction with some inputs exchanged. */
async function errorWith(changes: Inputs): Promise<number> {
  const outputs = await unet.run({ ...inputs, ...changes });
  return relativeError(outputs('output'), golden.get('step.prediction').data);
}

function changed(name: string, change: (value: number, index: number) => number): Inputs {
  const tensor = inputs[name];
  if (!(tensor?.data instanceof Float32Array)) throw new Error(`the step graph has no input ${name}`);
  return { [name]: { ...tensor, data: tensor.data.map(change) } };
}

const masks = (objects: typeof request.objects, scale = request.identityScale): Inputs =>
  imageMaskInputs(objects, scale, attentionResolutions(model.unet.config, 16, 16));

/** Keys and values of the case with other object tokens. */
async function keyValuesOf(tokens: FloatTensor): Promise<Inputs> {
  const exchanged: GoldenTensors = {
    names: () => golden.names(),
    get: (name) => (name === 'objectTokens' ? tokens : golden.get(name)),
  };
  return caseKeyValues(pack, model, exchanged, await packLoras(pack, request));
}

describe('a golden step shows every single fault', () => {
  it('and has none itself', async () => {
    expect(await errorWith({})).toBeLessThan(NETWORK_TOLERANCE);
  });

  it('γ 0.5 instead of 0.6', async () => {
    expect(await errorWith(masks(request.objects, 0.5))).toBeGreaterThan(VISIBLE);
  });

  it('one cell missing in one mask', async () => {
    // Row 4, column 2 of the 8 × 8 cells lies in the first object's box only.
    const cell = 4 * 8 + 2;
    expect(inputs['imageGain.0']?.data[cell]).toBeCloseTo(0.6);
    const gain = changed('imageGain.0', (value, index) => (index === cell ? 0 : value));
    expect(await errorWith(gain)).toBeGreaterThan(VISIBLE);
  });

  it('one shared cell given to one object only', async () => {
    // Row 4, column 4 lies in both boxes; tokens 16 to 31 are the second object's.
    const start = (4 * 8 + 4) * 64 + 16;
    expect(inputs['imageBias.0']?.data.slice(start - 16, start + 16).every((value) => value === 0)).toBe(
      true,
    );
    const bias = changed('imageBias.0', (value, index) =>
      index >= start && index < start + 16 ? -10000 : value,
    );
    expect(await errorWith(bias)).toBeGreaterThan(VISIBLE);
  });

  it('half the LoRA on q and out, and on k and v', async () => {
    const halved = {
      ...request,
      relation: request.relation.map((use) => ({ ...use, weight: use.weight / 2 })),
    };
    const other = await stepInputs(pack, model, halved, golden);
    const isKeyOrValue = (name: string): boolean => name.startsWith('text');
    const pick = (keep: (name: string) => boolean): Inputs =>
      Object.fromEntries(Object.entries(other).filter(([name]) => keep(name)));
    expect(await errorWith(pick((name) => name.startsWith('loraQ')))).toBeGreaterThan(VISIBLE);
    expect(await errorWith(pick((name) => name.startsWith('loraOut')))).toBeGreaterThan(VISIBLE);
    expect(await errorWith(pick(isKeyOrValue))).toBeGreaterThan(VISIBLE);
  });

  it('objects swapped', async () => {
    expect(
      await errorWith(
        masks([
          { ...first, box: second.box },
          { ...second, box: first.box },
        ]),
      ),
    ).toBeGreaterThan(VISIBLE);
  });

  it('an object of another strength', async () => {
    expect(await errorWith(masks([first, { ...second, weight: 0.9 }]))).toBeGreaterThan(VISIBLE);
  });

  it('local tokens of the first photo for both objects', async () => {
    const right = await caseObjectTokens(pack, model, request, [
      { global: first.image, local: first.image },
      { global: second.image, local: second.image },
    ]);
    expect(relativeError(right.data, golden.get('objectTokens').data)).toBeLessThan(NETWORK_TOLERANCE);
    const wrong = await caseObjectTokens(pack, model, request, [
      { global: first.image, local: first.image },
      { global: second.image, local: first.image },
    ]);
    const tokensOfSecond = row(wrong, 1);
    expect(relativeError(tokensOfSecond, row(golden.get('objectTokens'), 1))).toBeGreaterThan(VISIBLE);
    expect(await errorWith(await keyValuesOf(wrong))).toBeGreaterThan(VISIBLE);
  });

  it('no pooled text', async () => {
    expect(await errorWith(changed('pooled', () => 0))).toBeGreaterThan(VISIBLE);
  });

  it('a crop of 8 pixels in time_ids that was not asked for', async () => {
    expect(
      await errorWith(changed('timeIds', (value, index) => (index % 6 === 2 ? 8 : value))),
    ).toBeGreaterThan(VISIBLE);
  });

  it('the size of another picture in time_ids', async () => {
    const half = changed('timeIds', (value) => value / 2);
    expect(await errorWith(half)).toBeGreaterThan(VISIBLE);
  });

  it('one timestep off', async () => {
    expect(await errorWith(changed('timestep', (value) => value - 1))).toBeGreaterThan(VISIBLE);
  });
});
