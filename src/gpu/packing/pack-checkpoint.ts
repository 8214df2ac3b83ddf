import { z } from 'zod';
import { AppError } from '../../shared/errors.ts';
import { readLora } from '../../weights/lora.ts';
import {
  type ComponentName,
  PACK_FORMAT,
  PACK_VERSION,
  type PackComponent,
  type PackFile,
  type PackManifest,
  packManifestSchema,
  type RelationLoraEntry,
} from '../../weights/pack-manifest.ts';
import { MANIFEST_FILE, storedComponent } from '../../weights/pack-reader.ts';
import { packComponent, type Precision } from '../../weights/pack-writer.ts';
import { sha256 } from '../../weights/sha256.ts';
import type { WritableStore } from '../../weights/stores.ts';
import type { Checkpoint, CheckpointTensor, ParameterSpec } from '../../weights/types.ts';
import { clipTextParameters, clipTextTensorName, parseClipTextConfig } from '../networks/clip-text.ts';
import {
  clipVisionParameters,
  clipVisionTensorName,
  parseClipVisionConfig,
} from '../networks/clip-vision.ts';
import { parseResamplerConfig, resamplerParameters } from '../networks/resampler.ts';
import { parseUnetConfig } from '../networks/unet-config.ts';
import { adapterNames, crossAttentionParameters, unetParameters } from '../networks/unet-parameters.ts';
import { parseVaeConfig, vaeDecoderParameters } from '../networks/vae-decoder.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type CheckpointFolder, openWeights, readBytes, readJson } from './checkpoint-folder.ts';
import { fitPreviewMatrix } from './preview-fit.ts';

const configSchema = z.record(z.string(), z.unknown());
const adapterSchema = z.object({ resampler: configSchema });
const tokenizerSchema = z.object({ pad_token: z.union([z.string(), z.object({ content: z.string() })]) });
const vocabularySchema = z.record(z.string(), z.number().int());

/** What a manifest says that no checkpoint file says. */
export type PackDescription = Pick<
  PackManifest,
  'id' | 'title' | 'description' | 'limits' | 'licence' | 'defaults'
>;

export type RelationLoraFacts = Omit<RelationLoraEntry, 'file'>;

export interface PackCheckpointOptions {
  readonly precision: Precision;
  /** Networks that are stored in another precision than the rest. */
  readonly precisionOf?: Readonly<Partial<Record<ComponentName, Precision>>>;
  readonly description: PackDescription;
  /** Facts of the RelationLoRAs in the folder's `relation-loras/`, by folder name. */
  readonly describeLora: (folderName: string) => RelationLoraFacts;
  /** Runs the VAE once to fit the preview matrix. */
  readonly runtime: Runtime;
  readonly onProgress?: (component: string, done: number, total: number) => void;
}

interface NetworkInput {
  readonly name: ComponentName;
  readonly config: Readonly<Record<string, unknown>>;
  readonly parameters: readonly ParameterSpec[];
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
}

/** The checkpoint's tensors under other names; those without one are left out. */
function renamed(
  checkpoint: Checkpoint,
  rename: (name: string) => string | undefined,
): ReadonlyMap<string, CheckpointTensor> {
  return new Map(
    [...checkpoint.tensors].flatMap(([name, tensor]) => {
      const target = rename(name);
      return target === undefined ? [] : [[target, tensor] as const];
    }),
  );
}

async function textEncoder(
  folder: CheckpointFolder,
  name: 'text_encoder' | 'text_encoder_2',
): Promise<NetworkInput> {
  const config = await readJson(folder, `${name}/config.json`, configSchema);
  const parsed = parseClipTextConfig(config);
  const checkpoint = await openWeights(folder, name, 'model');
  const tensors = renamed(checkpoint, (tensor) => clipTextTensorName(parsed, tensor));
  return { name, config, parameters: clipTextParameters(parsed), tensors };
}

async function visionTower(
  folder: CheckpointFolder,
  name: 'image_encoder' | 'local_encoder',
): Promise<NetworkInput> {
  const config = await readJson(folder, `${name}/config.json`, configSchema);
  const parsed = parseClipVisionConfig(config);
  const checkpoint = await openWeights(folder, name, 'model');
  return {
    name,
    config,
    parameters: clipVisionParameters(parsed),
    tensors: renamed(checkpoint, (tensor) => clipVisionTensorName(parsed, tensor)),
  };
}

const KEYS_AND_VALUES = /\.attn2\.to_[kv]\.weight$/;

/** U-Net and adapter belong together: the keys and values of both branches become one component. */
async function unetAndAdapter(folder: CheckpointFolder): Promise<readonly NetworkInput[]> {
  const config = await readJson(folder, 'unet/config.json', configSchema);
  const unet = parseUnetConfig(config);
  const checkpoint = await openWeights(folder, 'unet', 'diffusion_pytorch_model');
  const adapter = await openWeights(folder, '.', 'ms_adapter');
  const { resampler } = await readJson(folder, 'adapter_config.json', adapterSchema);
  const names = adapterNames(unet);
  const imageBranch = renamed(adapter, (name) => {
    if (!name.startsWith('ms_adapter.')) return undefined;
    const key = name.slice('ms_adapter.'.length);
    return names.get(key) ?? key;
  });
  const textBranch = renamed(checkpoint, (name) => (KEYS_AND_VALUES.test(name) ? name : undefined));
  return [
    {
      name: 'resampler',
      config: resampler,
      parameters: resamplerParameters(parseResamplerConfig(resampler)),
      tensors: renamed(adapter, (name) => (name.startsWith('image_proj.') ? name : undefined)),
    },
    {
      name: 'cross_attention',
      config: {},
      parameters: crossAttentionParameters(unet),
      tensors: new Map([...textBranch, ...imageBranch]),
    },
    {
      name: 'unet',
      config,
      parameters: unetParameters(unet),
      tensors: renamed(checkpoint, (name) => (KEYS_AND_VALUES.test(name) ? undefined : name)),
    },
  ];
}

async function vaeDecoder(folder: CheckpointFolder): Promise<NetworkInput> {
  const config = await readJson(folder, 'vae/config.json', configSchema);
  const checkpoint = await openWeights(folder, 'vae', 'diffusion_pytorch_model');
  const encoder = /^(encoder\.|quant_conv\.)/;
  return {
    name: 'vae',
    config,
    parameters: vaeDecoderParameters(parseVaeConfig(config)),
    tensors: renamed(checkpoint, (name) => (encoder.test(name) ? undefined : name)),
  };
}

async function writeFile(store: WritableStore, file: string, bytes: Uint8Array): Promise<PackFile> {
  await store.writeFile(file, bytes);
  return { file, byteLength: bytes.byteLength, sha256: await sha256(bytes) };
}

async function packTokenizer(
  folder: CheckpointFolder,
  name: string,
  store: WritableStore,
): Promise<PackManifest['tokenizers'][0]> {
  const { pad_token: padToken } = await readJson(folder, `${name}/tokenizer_config.json`, tokenizerSchema);
  const text = typeof padToken === 'string' ? padToken : padToken.content;
  const vocabulary = await readJson(folder, `${name}/vocab.json`, vocabularySchema);
  const padTokenId = vocabulary[text];
  if (padTokenId === undefined) {
    throw new AppError(
      'bad-checkpoint',
      `The vocabulary of "${folder.name}/${name}" lacks its pad token "${text}".`,
    );
  }
  const copy = async (file: string): Promise<PackFile> =>
    writeFile(store, `${name}/${file}`, await readBytes(folder, `${name}/${file}`));
  return { vocab: await copy('vocab.json'), merges: await copy('merges.txt'), padTokenId };
}

/**
 * Converts a model in the official layouts (diffusers SDXL folder, `image_encoder/`, `ms_adapter.safetensors`
 * with `adapter_config.json`, optional `local_encoder/` and `relation-loras/<id>/pytorch_lora_weights.safetensors`)
 * into a pack. The manifest is written last: without it there is no pack. Throws AppError
 * 'bad-checkpoint' naming file and tensor, and 'bad-lora' for a RelationLoRA that cannot be read.
 */
export async function packCheckpoint(
  folder: CheckpointFolder,
  store: WritableStore,
  { precision, precisionOf = {}, description, describeLora, runtime, onProgress }: PackCheckpointOptions,
): Promise<PackManifest> {
  const hasLocalEncoder = (await folder.open('local_encoder/config.json')) !== undefined;
  const networks = [
    await textEncoder(folder, 'text_encoder'),
    await textEncoder(folder, 'text_encoder_2'),
    await visionTower(folder, 'image_encoder'),
    ...(hasLocalEncoder ? [await visionTower(folder, 'local_encoder')] : []),
    ...(await unetAndAdapter(folder)),
    await vaeDecoder(folder),
  ];
  const components: Partial<Record<ComponentName, PackComponent>> = {};
  for (const network of networks) {
    components[network.name] = await packComponent(
      {
        ...network,
        precision: precisionOf[network.name] ?? precision,
        source: `${network.name} of ${folder.name.split(/[\\/]/).at(-1) ?? folder.name}`,
        onTensor: (done, total) => onProgress?.(network.name, done, total),
      },
      store,
    );
  }
  const vae = components.vae;
  if (vae === undefined) throw new AppError('internal', 'The VAE was not packed.');
  const storedVae = storedComponent('vae', vae);

  const relationLoras: RelationLoraEntry[] = [];
  for (const name of await folder.listFolders('relation-loras')) {
    const facts = describeLora(name);
    const path = `relation-loras/${name}/pytorch_lora_weights.safetensors`;
    const bytes = await readBytes(folder, path);
    await readLora(bytes, path);
    relationLoras.push({
      ...facts,
      file: await writeFile(store, `relation-loras/${facts.id}.safetensors`, bytes),
    });
  }
  const manifest = packManifestSchema.parse({
    format: PACK_FORMAT,
    version: PACK_VERSION,
    ...description,
    scheduler: await readJson(folder, 'scheduler/scheduler_config.json', configSchema),
    tokenizers: [
      await packTokenizer(folder, 'tokenizer', store),
      await packTokenizer(folder, 'tokenizer_2', store),
    ],
    preprocessor: await readJson(folder, 'image_encoder/preprocessor_config.json', configSchema),
    previewMatrix: await fitPreviewMatrix(runtime, storedVae, (shard) => store.readFile(shard)),
    components,
    relationLoras,
  });
  await store.writeFile(MANIFEST_FILE, new TextEncoder().encode(`${JSON.stringify(manifest)}\n`));
  return manifest;
}
