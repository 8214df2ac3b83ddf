import { attentionResolutions, crossAttentionLayout } from '../../src/gpu/networks/cross-attention-layout.ts';
import { buildCrossAttentionKv } from '../../src/gpu/networks/cross-attention-kv.ts';
import { buildCrossAttentionLora } from '../../src/gpu/networks/cross-attention-lora.ts';
import { packLoraInputs, type WeightedLora } from '../../src/gpu/networks/lora-inputs.ts';
import { imageMaskInputs } from '../../src/gpu/networks/masks.ts';
import { packObjectTokens } from '../../src/gpu/pipeline/object-stage.ts';
import type { Model } from '../../src/gpu/pipeline/model.ts';
import { hostTensor, type HostTensor } from '../../src/gpu/runtime/runtime.ts';
import type { GenerationRequest } from '../../src/shared/request.ts';
import { readLora } from '../../src/weights/lora.ts';
import type { OpenedPack } from '../../src/weights/pack-reader.ts';
import { type GoldenTensors, row } from './golden.ts';
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
  const textShape = [batch, totalHeads, headDim, context.shape[1] ?? 0];
  const keys = hostTensor('float32', textShape, base('textK'));
  const values = hostTensor('float32', [batch, totalHeads, context.shape[1] ?? 0, headDim], base('textV'));
  const changed = await runGraph(pack, buildCrossAttentionLora(config, { batch }), {
    context,
    baseTextK: keys,
    baseTextV: values,
    ...packLoraInputs(config, loras, ['to_k', 'to_v']),
  });
  return {
    textK: { ...keys, data: changed('textK') },
    textV: { ...values, data: changed('textV') },
    imageK: hostTensor('float32', [1, totalHeads, headDim, tokenCount], base('imageK')),
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
    ...packLoraInputs(config, loras, ['to_q', 'to_out.0']),
  };
}

/** A layer's rows [T,C] out of packed values [1 or B,ΣH,T,d] or keys [.., d,T], of the last batch row. */
export function layerRows(
  packed: HostTensor & { readonly data: Float32Array },
  layer: { readonly heads: number; readonly headOffset: number },
  transposed: boolean,
): Float32Array {
  const [batch = 1, , rows = 0, columns = 0] = packed.shape;
  const last = row(packed, batch - 1);
  const [tokens, dim] = transposed ? [columns, rows] : [rows, columns];
  const result = new Float32Array(tokens * layer.heads * dim);
  for (let head = 0; head < layer.heads; head += 1) {
    const offset = (layer.headOffset + head) * tokens * dim;
    for (let token = 0; token < tokens; token += 1) {
      for (let channel = 0; channel < dim; channel += 1) {
        const from = offset + (transposed ? channel * tokens + token : token * dim + channel);
        result[(token * layer.heads + head) * dim + channel] = last[from] ?? Number.NaN;
      }
    }
  }
  return result;
}
