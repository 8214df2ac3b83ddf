import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relativeError } from '../../src/gpu/graph/test-support-node.ts';
import { attentionResolutions, crossAttentionLayout } from '../../src/gpu/networks/cross-attention-layout.ts';
import { imageMaskInputs, TOKENS_PER_OBJECT } from '../../src/gpu/networks/masks.ts';
import { buildUnet } from '../../src/gpu/networks/unet.ts';
import { loadModel, type Model } from '../../src/gpu/pipeline/model.ts';
import type { OpenedPack } from '../../src/weights/pack-reader.ts';
import {
  caseRequest,
  caseTensors,
  type FloatTensor,
  goldenTensors,
  NETWORK_TOLERANCE,
} from '../support/golden.ts';
import { caseObjectTokens, type Inputs, stepInputs } from '../support/golden-step.ts';
import { type LoadedGraph, loadGraph } from '../support/run-graph.ts';
import { LOAD_TIMEOUT, openTinyPack } from '../support/tiny-pack.ts';

/** What must hold for any weights (MS-Diffusion's inference, with dummy tokens left out). */

/** Sums in another order; far below the golden tolerance. */
const REORDERED = 3e-6;
const request = caseRequest('two');

let pack: OpenedPack;
let model: Model;
let inputs: Inputs;
let unet: LoadedGraph;

beforeAll(async () => {
  pack = await openTinyPack();
  model = await loadModel(pack);
  inputs = await stepInputs(pack, model, request, await caseTensors('two'));
  const { component, config } = model.unet;
  unet = await loadGraph(pack, buildUnet(config, component, { batch: 2, latentHeight: 16, latentWidth: 16 }));
}, LOAD_TIMEOUT);
afterAll(() => unet.dispose());

async function predict(changes: Inputs = {}): Promise<Float32Array> {
  return (await unet.run({ ...inputs, ...changes }))('output');
}

function floats(name: string): FloatTensor {
  const tensor = inputs[name];
  if (!(tensor?.data instanceof Float32Array)) throw new Error(`the step graph has no input ${name}`);
  return { ...tensor, data: tensor.data };
}

/** Keys and values [1,ΣH,64,d] with the image tokens at `from[index]` put at `index`. */
function rearranged(
  change: (value: number, token: number) => number,
  from = (token: number) => token,
): Inputs {
  const { totalHeads, headDim } = crossAttentionLayout(model.unet.config);
  const exchanged = (name: 'imageK' | 'imageV', map: (value: number, token: number) => number): Inputs => {
    const tensor = floats(name);
    const count = tensor.shape[2] ?? 0;
    const data = new Float32Array(tensor.data.length);
    for (let head = 0; head < totalHeads; head += 1) {
      for (let token = 0; token < count; token += 1) {
        for (let channel = 0; channel < headDim; channel += 1) {
          const value = tensor.data[(head * count + from(token)) * headDim + channel] ?? Number.NaN;
          data[(head * count + token) * headDim + channel] = map(value, token);
        }
      }
    }
    return { [name]: { ...tensor, data } };
  };
  return { ...exchanged('imageK', (value) => value), ...exchanged('imageV', change) };
}

describe('the image branch', () => {
  const masks = (objects: typeof request.objects, scale = request.identityScale): Inputs =>
    imageMaskInputs(objects, scale, attentionResolutions(model.unet.config, 16, 16));
  const silent = (): Inputs => rearranged(() => 0);

  it('without boxes is text alone, whatever the photos are', async () => {
    const textAlone = await predict({ ...masks([]), ...silent() });
    expect(await predict(masks([]))).toEqual(textAlone);
    expect(await predict(masks(request.objects, 0))).toEqual(textAlone);
    expect(relativeError(await predict(), textAlone)).toBeGreaterThan(1e-2);
  });

  it('never touches the unconditional row', async () => {
    const half = (await predict()).length / 2;
    expect((await predict(silent())).subarray(0, half)).toEqual((await predict()).subarray(0, half));
  });

  it('does not see the tokens of absent objects', async () => {
    const present = request.objects.length * TOKENS_PER_OBJECT;
    const noisy = rearranged((value, token) => (token < present ? value : 7 * Math.sin(token)));
    expect(await predict(noisy)).toEqual(await predict());
  });

  it('does not depend on the order of an object’s tokens', async () => {
    const reversed = rearranged(
      (value) => value,
      (token) => token - (token % TOKENS_PER_OBJECT) + (TOKENS_PER_OBJECT - 1 - (token % TOKENS_PER_OBJECT)),
    );
    expect(reversed['imageK']?.data).not.toEqual(inputs['imageK']?.data);
    expect(relativeError(await predict(reversed), await predict())).toBeLessThan(REORDERED);
  });

  it('does not depend on the order of the objects', async () => {
    const exchanged = rearranged(
      (value) => value,
      (token) =>
        token < 2 * TOKENS_PER_OBJECT ? (token + TOKENS_PER_OBJECT) % (2 * TOKENS_PER_OBJECT) : token,
    );
    const both = { ...exchanged, ...masks(request.objects.toReversed()) };
    expect(relativeError(await predict(both), await predict())).toBeLessThan(REORDERED);
  });
});

describe('the Resampler', () => {
  it('does not depend on the order of photo tokens', async () => {
    const usual = await caseObjectTokens(pack, model, request);
    const reversed = await caseObjectTokens(pack, model, request, undefined, (tokens) => tokens.toReversed());
    expect(relativeError(reversed.data, usual.data)).toBeLessThan(REORDERED);
  });
});

describe('local tokens', () => {
  it('are those of each photo', async () => {
    const photos = await goldenTensors('photos.safetensors');
    const [first, second] = request.objects;
    const local = (image = ''): Float32Array => photos.get(`${image}/local`).data;
    expect(relativeError(local(second?.image), local(first?.image))).toBeGreaterThan(0.1);
    const own = await caseObjectTokens(pack, model, request);
    const golden = (await caseTensors('two')).get('objectTokens');
    expect(relativeError(own.data, golden.data)).toBeLessThan(NETWORK_TOLERANCE);
  });

  it('have at most unit length', async () => {
    const photos = await goldenTensors('photos.safetensors');
    const { data, shape } = photos.get('photo-1.png/local');
    const width = shape[2] ?? 0;
    for (let token = 0; token < 16; token += 1) {
      const vector = data.subarray(token * width, (token + 1) * width);
      expect(Math.hypot(...vector)).toBeLessThan(1 + 1e-6);
    }
  });
});
