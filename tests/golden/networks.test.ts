import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { relativeError } from '../../src/gpu/graph/test-support-node.ts';
import { DEFAULT_ATTENTION } from '../../src/gpu/graph/attention.ts';
import { buildClipText } from '../../src/gpu/networks/clip-text.ts';
import { buildClipVision } from '../../src/gpu/networks/clip-vision.ts';
import { crossAttentionLayout } from '../../src/gpu/networks/cross-attention-layout.ts';
import { buildUnet } from '../../src/gpu/networks/unet.ts';
import { buildVaeDecoder } from '../../src/gpu/networks/vae-decoder.ts';
import { unscaleLatents } from '../../src/gpu/pipeline/decode.ts';
import { loadModel, type Model } from '../../src/gpu/pipeline/model.ts';
import { hostTensor, type HostTensor } from '../../src/gpu/runtime/runtime.ts';
import { preprocessPhoto } from '../../src/images/preprocess.ts';
import type { OpenedPack } from '../../src/weights/pack-reader.ts';
import {
  CASE_NAMES,
  caseRequest,
  caseTensors,
  goldenJson,
  goldenPhoto,
  goldenTensors,
  NETWORK_TOLERANCE,
  row,
} from '../support/golden.ts';
import { caseKeyValues, caseObjectTokens, layerRows, packLoras, stepInputs } from '../support/golden-step.ts';
import { runGraph } from '../support/run-graph.ts';
import { LOAD_TIMEOUT, openTinyPack } from '../support/tiny-pack.ts';

const PHOTOS = ['photo-1.png', 'photo-2.png', 'photo-3.png', 'photo-4.png'] as const;
const TEXTS = goldenJson('text.json', z.array(z.string()));
const floats = (shape: readonly number[], data: Float32Array): HostTensor =>
  hostTensor('float32', shape, data);

let pack: OpenedPack;
let model: Model;
beforeAll(async () => {
  pack = await openTinyPack();
  model = await loadModel(pack);
}, LOAD_TIMEOUT);

describe.each(PHOTOS)('%s', (name) => {
  it('is preprocessed as by Pillow and CLIPImageProcessor, to the last bit of each pixel', async () => {
    const golden = await goldenTensors('photos.safetensors');
    const pixels = preprocessPhoto(await goldenPhoto(name), model.preprocessor);
    // One level of 255 would be 0.007; what is left is float32 rounding of the normalisation.
    expect(relativeError(pixels, golden.get(`${name}/pixels`).data)).toBeLessThan(1e-6);
  });

  it('gives transformers’ penultimate hidden states, embedding, and the value path’s local tokens', async () => {
    const golden = await goldenTensors('photos.safetensors');
    const pixels = golden.get(`${name}/pixels`);
    const { imageEncoder, localEncoder } = model;
    const graph = buildClipVision(imageEncoder.config, imageEncoder.component, {
      batch: 1,
      outputs: ['hidden', 'local', 'embeds'],
    });
    const outputs = await runGraph(pack, graph, { pixels });
    expect(relativeError(outputs('hidden'), golden.get(`${name}/hidden`).data)).toBeLessThan(
      NETWORK_TOLERANCE,
    );
    expect(relativeError(outputs('local'), golden.get(`${name}/stockLocal`).data)).toBeLessThan(
      NETWORK_TOLERANCE,
    );
    expect(relativeError(outputs('embeds'), golden.get(`${name}/embeds`).data)).toBeLessThan(
      NETWORK_TOLERANCE,
    );

    if (localEncoder === undefined) throw new Error('the golden pack has a local encoder');
    const local = await runGraph(
      pack,
      buildClipVision(localEncoder.config, localEncoder.component, { batch: 1, outputs: ['local'] }),
      { pixels },
    );
    expect(relativeError(local('local'), golden.get(`${name}/local`).data)).toBeLessThan(NETWORK_TOLERANCE);
  });
});

it('a photo of twice the trained size, with positions resized, gives transformers’ states and its local tokens', async () => {
  const golden = await goldenTensors('large-photo.safetensors');
  const { localEncoder } = model;
  if (localEncoder === undefined) throw new Error('the golden pack has a local encoder');
  const pixels = golden.get('pixels');
  const graph = buildClipVision(localEncoder.config, localEncoder.component, {
    batch: 1,
    outputs: ['hidden', 'local'],
    imageSize: pixels.shape[2] ?? 0,
  });
  const outputs = await runGraph(pack, graph, { pixels });
  for (const output of ['hidden', 'local']) {
    const error = relativeError(outputs(output), golden.get(output).data);
    expect(error, output).toBeLessThan(NETWORK_TOLERANCE);
  }
});

describe.each([0, 1] as const)('text encoder %i', (which) => {
  it.each(TEXTS.map((text, index) => ({ text, index })))(
    '"$text": hidden and pooled',
    async ({ text, index }) => {
      const golden = await goldenTensors('text.safetensors');
      const { component, config } = which === 0 ? model.textEncoder : model.textEncoder2;
      const tokens = model.tokenizers[which].encode(text);
      const outputs = await runGraph(pack, buildClipText(config, component, { batch: 1 }), {
        ids: hostTensor('int64', [1, 77], BigInt64Array.from(tokens.ids, BigInt)),
        eos: hostTensor('int64', [1], BigInt64Array.of(BigInt(tokens.eos))),
      });
      const suffix = which === 0 ? '' : '_2';
      for (const output of ['hidden', 'pooled']) {
        const expected = golden.get(`${index}/${output}${suffix}`).data;
        expect(relativeError(outputs(output), expected), output).toBeLessThan(NETWORK_TOLERANCE);
      }
    },
  );
});

describe.each(CASE_NAMES.filter((name) => caseRequest(name).objects.length > 0))('case %s', (name) => {
  it('has the object tokens of the Resampler', async () => {
    const golden = await caseTensors(name);
    const tokens = await caseObjectTokens(pack, model, caseRequest(name));
    expect(tokens.shape).toEqual(golden.get('objectTokens').shape);
    expect(relativeError(tokens.data, golden.get('objectTokens').data)).toBeLessThan(NETWORK_TOLERANCE);
  });
});

describe.each([
  ['plain attention', false],
  ['fused attention', true],
] as const)('the U-Net with %s', (_, fused) => {
  it.each(CASE_NAMES)('predicts one step of "%s" as diffusers with the literal attention', async (name) => {
    const golden = await caseTensors(name);
    const inputs = await stepInputs(pack, model, caseRequest(name), golden);
    const expected = golden.get('step.prediction');
    const [rows, , latentHeight = 0, latentWidth = 0] = expected.shape;
    const { component, config } = model.unet;
    const batch = rows === 2 ? 2 : 1;
    const attention = { ...DEFAULT_ATTENTION, fused };
    const graph = buildUnet(config, component, { batch, latentHeight, latentWidth, attention });
    const outputs = await runGraph(pack, graph, inputs);
    expect(relativeError(outputs('output'), expected.data)).toBeLessThan(NETWORK_TOLERANCE);
  });
});

describe('the key and value graphs', () => {
  it('have the keys and values of every cross-attention layer, RelationLoRA included', async () => {
    const golden = await caseTensors('two');
    const loras = await packLoras(pack, caseRequest('two'));
    const made = await caseKeyValues(pack, model, golden, loras);
    const { layers } = crossAttentionLayout(model.unet.config);
    expect(layers).toHaveLength(17);
    for (const layer of layers) {
      for (const [input, output] of [
        ['textK', 'to_k'],
        ['textV', 'to_v'],
        ['imageK', 'to_k_ip'],
        ['imageV', 'to_v_ip'],
      ] as const) {
        const tensor = made[input];
        if (!(tensor?.data instanceof Float32Array)) throw new Error(`no ${input}`);
        const expected = golden.get(`kv/${layer.path}/${output}`).data;
        const rows = layerRows({ ...tensor, data: tensor.data }, layer).subarray(0, expected.length);
        expect(relativeError(rows, expected), `${layer.path} ${output}`).toBeLessThan(NETWORK_TOLERANCE);
      }
    }
  });
});

describe('the VAE', () => {
  it.each(['one', 'three-wide'])('decodes the latents of "%s"', async (name) => {
    const golden = await caseTensors(name);
    const samples = golden.get('samples');
    const [steps = 0, channels = 0, latentHeight = 0, latentWidth = 0] = samples.shape;
    const { component, config } = model.vae;
    const latents = unscaleLatents(row(samples, steps - 1), config);
    const outputs = await runGraph(pack, buildVaeDecoder(config, component, { latentHeight, latentWidth }), {
      latents: floats([1, channels, latentHeight, latentWidth], latents),
    });
    expect(relativeError(outputs('image'), golden.get('image').data)).toBeLessThan(NETWORK_TOLERANCE);
  });
});
