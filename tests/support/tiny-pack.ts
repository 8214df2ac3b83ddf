import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import {
  clipTextParameters,
  clipTextTensorName,
  parseClipTextConfig,
} from '../../src/gpu/networks/clip-text.ts';
import {
  clipVisionParameters,
  clipVisionTensorName,
  parseClipVisionConfig,
} from '../../src/gpu/networks/clip-vision.ts';
import { parseResamplerConfig, resamplerParameters } from '../../src/gpu/networks/resampler.ts';
import { parseUnetConfig } from '../../src/gpu/networks/unet-config.ts';
import {
  adapterNames,
  crossAttentionParameters,
  unetParameters,
} from '../../src/gpu/networks/unet-parameters.ts';
import { parseVaeConfig, vaeDecoderParameters } from '../../src/gpu/networks/vae-decoder.ts';
import { fileSource } from '../../src/weights/node-source.ts';
import type { ComponentName, PackComponent, PackFile } from '../../src/weights/pack-manifest.ts';
import { type OpenedPack, openPack } from '../../src/weights/pack-reader.ts';
import { packComponent, type Precision } from '../../src/weights/pack-writer.ts';
import { openSafetensors } from '../../src/weights/safetensors.ts';
import { sha256 } from '../../src/weights/sha256.ts';
import { createMemoryStore, type WritableStore } from '../../src/weights/stores.ts';
import type { CheckpointTensor, ParameterSpec } from '../../src/weights/types.ts';
import { TINY_CHECKPOINT } from './golden.ts';

type Json = Record<string, unknown>;
type Tensors = ReadonlyMap<string, CheckpointTensor>;

const jsonSchema = z.record(z.string(), z.unknown());

async function readJson(path: string): Promise<Json> {
  return jsonSchema.parse(JSON.parse(await readFile(join(TINY_CHECKPOINT, path), 'utf8')));
}

/** Tensors under the names that `rename` gives; those without a name are left out. */
async function readTensors(path: string, rename: (name: string) => string | undefined): Promise<Tensors> {
  const { tensors } = await openSafetensors(await fileSource(join(TINY_CHECKPOINT, path)));
  return new Map(
    [...tensors].flatMap(([name, tensor]) => {
      const renamed = rename(name);
      return renamed === undefined ? [] : [[renamed, tensor] as const];
    }),
  );
}

interface Part {
  readonly name: ComponentName;
  readonly config: Json;
  readonly parameters: readonly ParameterSpec[];
  readonly tensors: Tensors;
}

async function readParts(): Promise<readonly Part[]> {
  const text = async (name: 'text_encoder' | 'text_encoder_2'): Promise<Part> => {
    const config = await readJson(`${name}/config.json`);
    const parsed = parseClipTextConfig(config);
    const rename = (tensor: string): string | undefined => clipTextTensorName(parsed, tensor);
    const tensors = await readTensors(`${name}/model.safetensors`, rename);
    return { name, config, parameters: clipTextParameters(parsed), tensors };
  };
  const vision = async (name: 'image_encoder' | 'local_encoder'): Promise<Part> => {
    const config = await readJson(`${name}/config.json`);
    const tensors = await readTensors(`${name}/model.safetensors`, clipVisionTensorName);
    return { name, config, parameters: clipVisionParameters(parseClipVisionConfig(config)), tensors };
  };
  const adapter = 'ms_adapter.safetensors';
  const resampler = z
    .object({ resampler: jsonSchema })
    .parse(await readJson('adapter_config.json')).resampler;
  const unetConfig = await readJson('unet/config.json');
  const unet = parseUnetConfig(unetConfig);
  const weights = 'unet/diffusion_pytorch_model.safetensors';
  const isTextProjection = (name: string): boolean => /\.attn2\.to_[kv]\.weight$/.test(name);
  const imageNames = adapterNames(unet);
  const vaeConfig = await readJson('vae/config.json');
  const vaeParameters = vaeDecoderParameters(parseVaeConfig(vaeConfig));
  const decoderNames = new Set(vaeParameters.map(({ name }) => name));
  return [
    await text('text_encoder'),
    await text('text_encoder_2'),
    await vision('image_encoder'),
    await vision('local_encoder'),
    {
      name: 'resampler',
      config: resampler,
      parameters: resamplerParameters(parseResamplerConfig(resampler)),
      tensors: await readTensors(adapter, (name) => (name.startsWith('image_proj.') ? name : undefined)),
    },
    {
      name: 'cross_attention',
      config: unetConfig,
      parameters: crossAttentionParameters(unet),
      tensors: new Map([
        ...(await readTensors(weights, (name) => (isTextProjection(name) ? name : undefined))),
        ...(await readTensors(adapter, (name) => imageNames.get(name.replace(/^ms_adapter\./, '')))),
      ]),
    },
    {
      name: 'unet',
      config: unetConfig,
      parameters: unetParameters(unet),
      tensors: await readTensors(weights, (name) => (isTextProjection(name) ? undefined : name)),
    },
    {
      name: 'vae',
      config: vaeConfig,
      parameters: vaeParameters,
      tensors: await readTensors('vae/diffusion_pytorch_model.safetensors', (name) =>
        decoderNames.has(name) ? name : undefined,
      ),
    },
  ];
}

/** Turns the golden checkpoint into the pack "golden" in `store`. */
export async function writeTinyPack(store: WritableStore, precision: Precision = 'fp32'): Promise<void> {
  const copy = async (from: string, file: string): Promise<PackFile> => {
    const bytes = new Uint8Array(await readFile(join(TINY_CHECKPOINT, from)));
    await store.writeFile(file, bytes);
    return { file, byteLength: bytes.byteLength, sha256: await sha256(bytes) };
  };
  const components: Partial<Record<ComponentName, PackComponent>> = {};
  for (const part of await readParts()) {
    components[part.name] = await packComponent({ ...part, precision, source: `golden ${part.name}` }, store);
  }
  const tokenizer = async (name: string, padTokenId: number): Promise<object> => ({
    vocab: await copy(`${name}/vocab.json`, `${name}/vocab.json`),
    merges: await copy(`${name}/merges.txt`, `${name}/merges.txt`),
    padTokenId,
  });
  const { pad_token_id: padTokenId } = z
    .object({ pad_token_id: z.number() })
    .parse(await readJson('text_encoder/config.json'));
  const relationLoras = [];
  for (const id of (await readdir(join(TINY_CHECKPOINT, 'relation-loras'))).sort()) {
    const file = await copy(
      `relation-loras/${id}/pytorch_lora_weights.safetensors`,
      `relation-loras/${id}.safetensors`,
    );
    relationLoras.push({ id, title: id, description: '', predicates: [id], objects: 2, file });
  }
  const manifest = {
    format: 'relationbooth-pack',
    version: 1,
    id: 'golden',
    title: 'Golden',
    description: 'Random weights for tests.',
    limits: 'Draws noise.',
    licence: { name: 'MIT', url: '' },
    defaults: {
      steps: 4,
      sampler: 'euler',
      guidance: 5,
      identityScale: 0.6,
      localTokens: true,
      width: 128,
      height: 128,
      negativePrompt: '',
    },
    scheduler: await readJson('scheduler/scheduler_config.json'),
    tokenizers: [await tokenizer('tokenizer', padTokenId), await tokenizer('tokenizer_2', 0)],
    preprocessor: await readJson('image_encoder/preprocessor_config.json'),
    previewMatrix: [...Array.from({ length: 4 }, () => [0.02, 0.02, 0.02]), [0.5, 0.5, 0.5]],
    components,
    relationLoras,
  };
  await store.writeFile('pack.json', new TextEncoder().encode(JSON.stringify(manifest)));
}

/** The golden checkpoint as an opened pack in memory. */
export async function openTinyPack(precision: Precision = 'fp32'): Promise<OpenedPack> {
  const store = createMemoryStore('golden');
  await writeTinyPack(store, precision);
  return openPack(store);
}
