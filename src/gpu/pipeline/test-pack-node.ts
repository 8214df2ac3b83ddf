import { type GenerationRequest, requestSchema } from '../../shared/request.ts';
import type { PackComponent, PackFile } from '../../weights/pack-manifest.ts';
import { openPack } from '../../weights/pack-reader.ts';
import { encodeSafetensors, type SafetensorsInput } from '../../weights/safetensors.ts';
import { sha256 } from '../../weights/sha256.ts';
import { createMemoryStore } from '../../weights/stores.ts';
import type { ParameterSpec, ShardRange, StoredTensor, WeightStore } from '../../weights/types.ts';
import { randomComponent } from '../graph/test-support-node.ts';
import { clipTextParameters, parseClipTextConfig } from '../networks/clip-text.ts';
import { clipVisionParameters, parseClipVisionConfig } from '../networks/clip-vision.ts';
import { crossAttentionLoraGroups, keyValueLoraGroups, linearLoraGroups } from '../networks/lora-groups.ts';
import { parseResamplerConfig, resamplerParameters } from '../networks/resampler.ts';
import { tinyUnetConfig } from '../networks/test-configs.ts';
import { parseUnetConfig } from '../networks/unet-config.ts';
import { crossAttentionParameters, unetParameters } from '../networks/unet-parameters.ts';
import { parseVaeConfig, vaeDecoderParameters } from '../networks/vae-decoder.ts';
import { createRandom } from '../../shared/random.ts';
import type { EnginePack } from './pack.ts';

/** For tests: a whole pack of random weights in memory, with every network of the SDXL topology in small. */

const VOCABULARY = [
  ...'abcdefghijklmnopqrstuvwxyz,.'.split(''),
  ...'abcdefghijklmnopqrstuvwxyz,.'.split('').map((letter) => `${letter}</w>`),
  '<|startoftext|>',
  '<|endoftext|>',
];

const clip = { num_hidden_layers: 2, num_attention_heads: 2, layer_norm_eps: 1e-5 };
const textEncoder = {
  ...clip,
  architectures: ['CLIPTextModel'],
  hidden_act: 'quick_gelu',
  hidden_size: 16,
  intermediate_size: 32,
  vocab_size: VOCABULARY.length,
  max_position_embeddings: 77,
  projection_dim: 16,
};
const textEncoder2 = {
  ...textEncoder,
  architectures: ['CLIPTextModelWithProjection'],
  hidden_act: 'gelu',
  hidden_size: 32,
  projection_dim: 24,
};
const imageEncoder = {
  ...clip,
  hidden_act: 'gelu',
  hidden_size: 32,
  intermediate_size: 64,
  image_size: 32,
  patch_size: 8,
};
const resampler = {
  dim: 32,
  depth: 1,
  dim_head: 16,
  heads: 2,
  num_queries: 16,
  embedding_dim: 32,
  output_dim: 48,
  ff_mult: 2,
  phrase_embeddings_dim: 16,
};
const vae = {
  block_out_channels: [16, 16, 16, 16],
  up_block_types: ['UpDecoderBlock2D', 'UpDecoderBlock2D', 'UpDecoderBlock2D', 'UpDecoderBlock2D'],
  latent_channels: 4,
  norm_num_groups: 8,
  scaling_factor: 0.5,
};

const unetConfig = parseUnetConfig(tinyUnetConfig);
const LORA_RANK = 2;

function networks(): readonly (readonly [string, object, readonly ParameterSpec[]])[] {
  return [
    ['text_encoder', textEncoder, clipTextParameters(parseClipTextConfig(textEncoder))],
    ['text_encoder_2', textEncoder2, clipTextParameters(parseClipTextConfig(textEncoder2))],
    ['image_encoder', imageEncoder, clipVisionParameters(parseClipVisionConfig(imageEncoder))],
    ['resampler', resampler, resamplerParameters(parseResamplerConfig(resampler))],
    ['cross_attention', {}, crossAttentionParameters(unetConfig)],
    ['unet', tinyUnetConfig, unetParameters(unetConfig)],
    ['vae', vae, vaeDecoderParameters(parseVaeConfig(vae))],
  ];
}

const SHARD_OF_FIXTURE = 'fixture.bin';
const inShard = (range: ShardRange, shard: string): ShardRange => ({ ...range, shard });

/** The fixture's tensors, moved to a shard of their own name. */
function moved(tensor: StoredTensor, shard: string): StoredTensor {
  if (tensor.kind === 'dense') return { ...tensor, data: inShard(tensor.data, shard) };
  return { ...tensor, data: inShard(tensor.data, shard), scales: inShard(tensor.scales, shard) };
}

/** For tests: the pack's files, without any RelationLoRA. */
export async function testStore(): Promise<WeightStore> {
  const store = createMemoryStore('test pack');
  const put = async (file: string, content: Uint8Array): Promise<PackFile> => {
    await store.writeFile(file, content);
    return { file, byteLength: content.byteLength, sha256: await sha256(content) };
  };
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const components: Record<string, PackComponent> = {};
  for (const [index, [name, config, specs]] of networks().entries()) {
    const { component, readShard } = randomComponent(specs, index + 1);
    const shard = await put(`${name}.bin`, await readShard(SHARD_OF_FIXTURE));
    const tensors = [...component.tensors.values()].map((tensor) => moved(tensor, shard.file));
    components[name] = { config: { ...config }, precision: 'fp32', shards: [shard], tensors };
  }
  const vocabulary = Object.fromEntries(VOCABULARY.map((token, id) => [token, id]));
  const tokenizer = {
    vocab: await put('vocab.json', text(JSON.stringify(vocabulary))),
    merges: await put('merges.txt', text('#version: 0.2\n')),
    padTokenId: VOCABULARY.length - 1,
  };
  const manifest = {
    format: 'relationbooth-pack',
    version: 1,
    id: 'tiny',
    title: 'Tiny',
    description: '',
    limits: 'Draws noise.',
    licence: { name: 'none', url: '' },
    defaults: {
      steps: 4,
      sampler: 'euler',
      guidance: 3,
      identityScale: 0.6,
      localTokens: true,
      width: 64,
      height: 64,
      negativePrompt: '',
    },
    scheduler: {
      beta_start: 0.00085,
      beta_end: 0.012,
      beta_schedule: 'scaled_linear',
      timestep_spacing: 'leading',
      steps_offset: 1,
    },
    tokenizers: [tokenizer, tokenizer],
    preprocessor: { size: 32 },
    previewMatrix: [...Array.from({ length: 4 }, () => [0.1, 0.1, 0.1]), [0.5, 0.5, 0.5]],
    components,
    relationLoras: [],
  };
  await store.writeFile('pack.json', text(JSON.stringify(manifest)));
  return store;
}

/** For tests: the opened pack. */
export async function testPack(): Promise<EnginePack> {
  return openPack(await testStore());
}

/** For tests: a request for {@link testPack} with two objects. */
export function tinyRequest(some: Partial<GenerationRequest> = {}): GenerationRequest {
  return requestSchema.parse({
    pack: 'tiny',
    prompt: 'a bear is hugging a rabbit',
    objects: [
      { image: 'bear', phrase: 'bear', box: [0, 0, 0.5, 1] },
      { image: 'rabbit', phrase: 'rabbit', box: [0.5, 0.25, 1, 1] },
    ],
    steps: 4,
    sampler: 'euler',
    guidance: 3,
    identityScale: 0.6,
    seed: 1,
    width: 64,
    height: 64,
    ...some,
  });
}

type LoraLayers = 'cross-attention' | 'linear';

/** For tests: the tensors of {@link randomLora} by name. */
export function randomLoraTensors(seed: number, layers: LoraLayers): Map<string, SafetensorsInput> {
  const random = createRandom(seed);
  const tensors = new Map<string, SafetensorsInput>();
  const put = (name: string, rows: number, columns: number): void => {
    const data = Float32Array.from({ length: rows * columns }, () => random.uniform(-0.5, 0.5));
    tensors.set(name, { shape: [rows, columns], data });
  };
  const crossAttention = [...keyValueLoraGroups(unetConfig), ...crossAttentionLoraGroups(unetConfig)];
  const others = layers === 'linear' ? linearLoraGroups(unetConfig) : [];
  for (const { paths, inWidth, outWidth } of [...crossAttention, ...others]) {
    for (const path of paths) {
      put(`unet.${path}.lora.down.weight`, LORA_RANK, inWidth);
      put(`unet.${path}.lora.up.weight`, outWidth, LORA_RANK);
    }
  }
  return tensors;
}

/**
 * For tests: a LoRA file with random weights on every linear layer of {@link testPack}'s U-Net, or on those of
 * cross-attention alone, as a RelationLoRA.
 */
export function randomLora(seed: number, layers: LoraLayers = 'cross-attention'): Uint8Array {
  return encodeSafetensors(randomLoraTensors(seed, layers));
}
