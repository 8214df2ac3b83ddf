import { encodedBytes, encodingOf } from '../../weights/encode-tensor.ts';
import {
  bytesToRead,
  installFiles,
  type InstallNetwork,
  mergedFiles,
} from '../../weights/install/install-files.ts';
import {
  type ComponentName,
  type DescribedPack,
  type FewSteps,
  type RelationLoraEntry,
  type Precision,
} from '../../weights/pack-manifest.ts';
import type { ByteSource, CheckpointFolder } from '../../weights/types.ts';
import { parseClipVisionConfig } from '../networks/clip-vision.ts';
import type { Footprint } from '../pipeline/footprint.ts';
import { footprintOf } from '../pipeline/footprint-of.ts';
import { readJson } from './checkpoint-folder.ts';
import { type LoraToMerge, planMerges } from './merge-loras.ts';
import { checkFamily } from './model-family.ts';
import { configSchema, type PlannedNetwork, planNetworks } from './plan-networks.ts';
import { type PlannedTokenizer, planTokenizer } from './plan-tokenizer.ts';

/** What is said of a pack that no checkpoint file says. */
export type PackDescription = DescribedPack & {
  /** What the few-step LoRA beside the model was distilled for; without it such a file is left out. */
  readonly fewSteps?: Omit<FewSteps, 'file'> | undefined;
};

export type RelationLoraFacts = Omit<RelationLoraEntry, 'file'>;

/** A pack before it is made: configurations and heads are read and checked, no weight is. */
export interface PackPlan {
  readonly folder: CheckpointFolder;
  readonly networks: readonly PlannedNetwork[];
  readonly tokenizers: readonly [PlannedTokenizer, PlannedTokenizer];
  readonly scheduler: Record<string, unknown>;
  readonly preprocessor: Record<string, unknown>;
  /** Folder names of the RelationLoRAs that lie beside the model. */
  readonly relationLoras: readonly string[];
}

/** The image encoder's own processor; the published encoder of IP-Adapter has none, and means CLIP's. */
async function planPreprocessor(
  folder: CheckpointFolder,
  networks: readonly PlannedNetwork[],
): Promise<Record<string, unknown>> {
  const file = 'image_encoder/preprocessor_config.json';
  if ((await folder.open(file)) !== undefined) return readJson(folder, file, configSchema);
  const encoder = networks.find(({ name }) => name === 'image_encoder');
  return { size: parseClipVisionConfig(encoder?.config).image_size };
}

export interface PlanOptions {
  /** A whole-SDXL `.safetensors` that U-Net, text encoders and VAE are taken from. */
  readonly singleFile?: ByteSource | undefined;
  readonly mergeLoras?: readonly LoraToMerge[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks through a model in the official layouts (diffusers SDXL folder, `image_encoder/`, `ms_adapter` as
 * safetensors or `.bin`, optional `adapter_config.json`, `local_encoder/`, `relation-loras/`, `few-steps/`), or at one whose
 * U-Net, text encoders and VAE are in one file. Throws AppError 'bad-checkpoint' naming what is wrong, and
 * 'bad-lora' for a LoRA that does not fit.
 */
export async function planPack(
  folder: CheckpointFolder,
  { singleFile, mergeLoras = [], signal }: PlanOptions = {},
): Promise<PackPlan> {
  await checkFamily(folder);
  const networks = await planMerges(await planNetworks(folder, singleFile, signal), mergeLoras, signal);
  return {
    folder,
    networks,
    tokenizers: [await planTokenizer(folder, 'tokenizer'), await planTokenizer(folder, 'tokenizer_2')],
    scheduler: await readJson(folder, 'scheduler/scheduler_config.json', configSchema),
    preprocessor: await planPreprocessor(folder, networks),
    relationLoras: await folder.listFolders('relation-loras'),
  };
}

export interface PrecisionChoice {
  readonly precision: Precision;
  /** Networks that are stored in another precision than the rest. */
  readonly precisionOf?: Readonly<Partial<Record<ComponentName, Precision>>> | undefined;
}

export function networksIn(
  { networks }: PackPlan,
  { precision, precisionOf = {} }: PrecisionChoice,
): readonly (PlannedNetwork & InstallNetwork)[] {
  return networks.map((network) => ({ ...network, precision: precisionOf[network.name] ?? precision }));
}

export interface PackSize {
  /** What is fetched: every weight file once. */
  readonly downloadBytes: number;
  /** What is stored in the end. */
  readonly storedBytes: number;
  /** Weights of the largest stage, which the device holds while it runs; activations come on top. */
  readonly stageBytes: number;
  /** What running it takes. */
  readonly footprint: Footprint;
}

/** What a pack costs in a precision, known before anything is fetched. */
export function packSize(plan: PackPlan, choice: PrecisionChoice): PackSize {
  const networks = networksIn(plan, choice);
  const sized = networks.map(({ name, config, parameters, precision }) => ({
    name,
    config,
    tensors: parameters,
    byteLength: parameters.reduce((sum, spec) => {
      const { data, scales } = encodedBytes(spec, encodingOf(spec, precision));
      return sum + data + scales;
    }, 0),
  }));
  const stored = sized.map(({ byteLength }) => byteLength);
  return {
    downloadBytes: [
      ...installFiles(networks).map(bytesToRead),
      ...mergedFiles(networks).map(({ byteLength }) => byteLength),
    ].reduce((sum, bytes) => sum + bytes, 0),
    storedBytes: stored.reduce((sum, bytes) => sum + bytes, 0),
    stageBytes: Math.max(...stored),
    footprint: footprintOf(Object.fromEntries(sized.map((network) => [network.name, network]))),
  };
}
