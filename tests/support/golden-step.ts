import { buildClipText } from '../../src/gpu/networks/clip-text.ts';
import { attentionResolutions, crossAttentionLayout } from '../../src/gpu/networks/cross-attention-layout.ts';
import { buildCrossAttentionKv, TEXT_TOKENS } from '../../src/gpu/networks/cross-attention-kv.ts';
import { buildCrossAttentionLora } from '../../src/gpu/networks/cross-attention-lora.ts';
import { crossAttentionLoraGroups, keyValueLoraGroups } from '../../src/gpu/networks/lora-groups.ts';
import { packLoraInputs, type WeightedLora } from '../../src/gpu/networks/lora-inputs.ts';
import { fourierFeatures } from '../../src/gpu/networks/fourier.ts';
import { imageMaskInputs } from '../../src/gpu/networks/masks.ts';
import { buildResampler, fourierSize } from '../../src/gpu/networks/resampler.ts';
import { packObjectTokens } from '../../src/gpu/pipeline/object-stage.ts';
import { concatFloats } from '../../src/gpu/pipeline/tensors.ts';
import type { Model } from '../../src/gpu/pipeline/model.ts';
import { hostTensor, type HostTensor } from '../../src/gpu/runtime/runtime.ts';
import type { GenerationRequest } from '../../src/shared/request.ts';
import { readLora } from '../../src/weights/lora.ts';
import type { OpenedPack } from '../../src/weights/pack-reader.ts';
import { type FloatTensor, goldenTensors, type GoldenTensors, row } from './golden.ts';
import { runGraph } from './run-graph.ts';

export type Inputs = Readonly<Record<string, HostTensor>>;

/** A request's LoRAs, read from the pack's own files. */
export function packLoras(pack: OpenedPack, request: GenerationRequest): Promise<readonly WeightedLora[]> {
  return Promise.all(
    request.relation.map(async ({ lora, weight }) => {
      const entry = pack.manifest.relationLoras.find(({ id }) => id === lora);
      if (entry === undefined) throw new Error(`the pack has no LoRA ${lora}`);
      return { deltas: (await readLora(await pack.readFile(entry.file), lora)).deltas, weight };
    }),
  );
}

export interface PhotoNames {
  readonly global: string;
  readonly local: string;
}

/** Pooled state [1,P] of a class phrase in the first text encoder. */
async function phraseState(pack: OpenedPack, model: Model, phrase: string): Promise<HostTensor> {
  const { component, config } = model.textEncoder;
  const tokens = model.tokenizers[0].encode(phrase);
  const outputs = await runGraph(pack, buildClipText(config, component, { batch: 1 }), {
    ids: hostTensor('int64', [1, TEXT_TOKENS], BigInt64Array.from(tokens.ids, BigInt)),
    eos: hostTensor('int64', [1], BigInt64Array.of(BigInt(tokens.eos))),
  });
  return hostTensor('float32', [1, model.resampler.config.phrase_embeddings_dim], outputs('pooled'));
}

/**
 * Object tokens [N,16,D] of a request from the golden photo tokens. `photos` names the photo that each
 * object's global and local tokens come from, by default its own; `order` rearranges the photo tokens.
 */
export async function caseObjectTokens(
  pack: OpenedPack,
  model: Model,
  request: GenerationRequest,
  photos: readonly PhotoNames[] = request.objects.map(({ image }) => ({ global: image, local: image })),
  order: (tokens: readonly Float32Array[]) => readonly Float32Array[] = (tokens) => tokens,
): Promise<FloatTensor> {
  const stages = await goldenTensors('photos.safetensors');
  const { component, config } = model.resampler;
  const rows = (name: string): Float32Array[] => {
    const tensor = stages.get(name);
    const [, count = 0] = tensor.shape;
    return Array.from({ length: count }, (_, index) =>
      row({ ...tensor, shape: tensor.shape.slice(1) }, index),
    );
  };
  const parts: number[] = [];
  for (const [index, { phrase, box }] of request.objects.entries()) {
    const photo = photos[index];
    if (photo === undefined) throw new Error(`no photo for object ${index}`);
    const local = request.localTokens ? rows(`${photo.local}/local`) : [];
    const tokens = order([...rows(`${photo.global}/hidden`), ...local]);
    const graph = buildResampler(config, component, { objects: 1, tokenCount: tokens.length });
    const outputs = await runGraph(pack, graph, {
      tokens: hostTensor('float32', [1, tokens.length, config.embedding_dim], concatFloats(tokens)),
      phrase: await phraseState(pack, model, phrase),
      fourier: hostTensor('float32', [1, fourierSize(config)], fourierFeatures(box)),
    });
    parts.push(...outputs('objectTokens'));
  }
  const data = Float32Array.from(parts);
  return {
    ...hostTensor('float32', [request.objects.length, config.num_queries, config.output_dim], data),
    data,
  };
}

/** Keys and values of a golden case from its golden context and object tokens. */
export async function caseKeyValues(
  pack: OpenedPack,
  model: Model,
  golden: GoldenTensors,
  loras: readonly WeightedLora[],
): Promise<Inputs> {
  const { config } = model.unet;
  const { totalHeads, headDim } = crossAttentionLayout(config);
  const context = golden.get('context');
  const batch = context.shape[0] === 2 ? 2 : 1;
  const objects = golden.names().includes('objectTokens') ? [golden.get('objectTokens').data] : [];
  const tokens = packObjectTokens(objects, config.contextWidth);
  const tokenCount = tokens.length / config.contextWidth;
  const base = await runGraph(pack, buildCrossAttentionKv(config, model.crossAttention, { batch }), {
    context,
    objectTokens: hostTensor('float32', [1, tokenCount, config.contextWidth], tokens),
  });
  const textShape = [batch, totalHeads, context.shape[1] ?? 0, headDim];
  const keys = hostTensor('float32', textShape, base('textK'));
  const values = hostTensor('float32', textShape, base('textV'));
  const changed = await runGraph(pack, buildCrossAttentionLora(config, { batch }), {
    context,
    baseTextK: keys,
    baseTextV: values,
    ...packLoraInputs(keyValueLoraGroups(config), loras),
  });
  return {
    textK: { ...keys, data: changed('textK') },
    textV: { ...values, data: changed('textV') },
    imageK: hostTensor('float32', [1, totalHeads, tokenCount, headDim], base('imageK')),
    imageV: hostTensor('float32', [1, totalHeads, tokenCount, headDim], base('imageV')),
  };
}

/** Every input of the step graph for a golden case's kept step. */
export async function stepInputs(
  pack: OpenedPack,
  model: Model,
  request: GenerationRequest,
  golden: GoldenTensors,
): Promise<Inputs> {
  const { config } = model.unet;
  const loras = await packLoras(pack, request);
  const sample = golden.get('step.sample');
  const [, , height = 0, width = 0] = sample.shape;
  return {
    sample,
    timestep: golden.get('step.timestep'),
    pooled: golden.get('pooled'),
    timeIds: golden.get('timeIds'),
    ...(await caseKeyValues(pack, model, golden, loras)),
    ...imageMaskInputs(request.objects, request.identityScale, attentionResolutions(config, height, width)),
    ...packLoraInputs(crossAttentionLoraGroups(config), loras),
  };
}

/** A layer's rows [T,C] out of packed keys or values [1 or B,ΣH,T,d], of the last batch row. */
export function layerRows(
  packed: FloatTensor,
  layer: { readonly heads: number; readonly headOffset: number },
): Float32Array {
  const [batch = 1, , tokens = 0, dim = 0] = packed.shape;
  const last = row(packed, batch - 1);
  const result = new Float32Array(tokens * layer.heads * dim);
  for (let head = 0; head < layer.heads; head += 1) {
    for (let token = 0; token < tokens; token += 1) {
      const from = ((layer.headOffset + head) * tokens + token) * dim;
      result.set(last.subarray(from, from + dim), (token * layer.heads + head) * dim);
    }
  }
  return result;
}
