import { z } from 'zod';
import type { WeightMerge } from '../../weights/lora-merge.ts';
import type { ComponentName } from '../../weights/pack-manifest.ts';
import { checkTensors } from '../../weights/pack-writer.ts';
import type {
  ByteSource,
  Checkpoint,
  CheckpointFolder,
  CheckpointTensor,
  ParameterSpec,
} from '../../weights/types.ts';
import { clipTextParameters, clipTextTensorName, parseClipTextConfig } from '../networks/clip-text.ts';
import {
  clipVisionParameters,
  clipVisionTensorName,
  parseClipVisionConfig,
} from '../networks/clip-vision.ts';
import { parseResamplerConfig, resamplerParameters } from '../networks/resampler.ts';
import { parseUnetConfig, type UnetConfig } from '../networks/unet-config.ts';
import { adapterNames, crossAttentionParameters, unetParameters } from '../networks/unet-parameters.ts';
import { parseVaeConfig, type VaeConfig, vaeDecoderParameters } from '../networks/vae-decoder.ts';
import { resamplerConfigOf } from './adapter-config.ts';
import { openWeights, readJson } from './checkpoint-folder.ts';
import { type NetworkTensors, openSingleFile, type SingleFile } from './single-file.ts';

export const configSchema = z.record(z.string(), z.unknown());
const adapterSchema = z.object({ resampler: configSchema });

/** One network of a pack: what it needs, and the checkpoint's tensors under those names. */
export interface PlannedNetwork {
  readonly name: ComponentName;
  readonly config: Readonly<Record<string, unknown>>;
  readonly parameters: readonly ParameterSpec[];
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** What LoRAs add to the tensors before they are stored, by parameter. */
  readonly merges?: ReadonlyMap<string, readonly WeightMerge[]> | undefined;
  /** Where the tensors come from, for the manifest and for messages. */
  readonly source: string;
}

/** The tensors under other names; those without one are left out. */
function renamed(tensors: NetworkTensors, rename: (name: string) => string | undefined): NetworkTensors {
  return new Map(
    [...tensors].flatMap(([name, tensor]) => {
      const target = rename(name);
      return target === undefined ? [] : [[target, tensor] as const];
    }),
  );
}

class NetworkPlanner {
  readonly #folder: CheckpointFolder;
  readonly #single: SingleFile | undefined;

  constructor(folder: CheckpointFolder, single: SingleFile | undefined) {
    this.#folder = folder;
    this.#single = single;
  }

  async textEncoder(name: 'text_encoder' | 'text_encoder_2'): Promise<PlannedNetwork> {
    const config = await readJson(this.#folder, `${name}/config.json`, configSchema);
    const parsed = parseClipTextConfig(config);
    const tensors = this.#single?.[name] ?? (await openWeights(this.#folder, name, 'model')).tensors;
    return this.#network(
      name,
      config,
      clipTextParameters(parsed),
      renamed(tensors, (tensor) => clipTextTensorName(parsed, tensor)),
    );
  }

  async visionTower(name: 'image_encoder' | 'local_encoder'): Promise<PlannedNetwork> {
    const config = await readJson(this.#folder, `${name}/config.json`, configSchema);
    const { tensors } = await openWeights(this.#folder, name, 'model');
    const parsed = parseClipVisionConfig(config);
    return this.#network(
      name,
      config,
      clipVisionParameters(parsed),
      renamed(tensors, (tensor) => clipVisionTensorName(parsed, tensor)),
    );
  }

  /** U-Net and adapter belong together: the keys and values of both branches become one component. */
  async unetAndAdapter(
    config: Record<string, unknown>,
    unet: UnetConfig,
  ): Promise<readonly PlannedNetwork[]> {
    const tensors =
      this.#single?.unet ?? (await openWeights(this.#folder, 'unet', 'diffusion_pytorch_model')).tensors;
    const adapter = await openWeights(this.#folder, '.', 'ms_adapter');
    const resampler = await this.#resamplerConfig(adapter);
    const names = adapterNames(unet);
    const imageBranch = renamed(adapter.tensors, (name) => {
      if (!name.startsWith('ms_adapter.')) return undefined;
      const key = name.slice('ms_adapter.'.length);
      return names.get(key) ?? key;
    });
    const textBranch = renamed(tensors, (name) => (KEYS_AND_VALUES.test(name) ? name : undefined));
    return [
      this.#network(
        'resampler',
        resampler,
        resamplerParameters(parseResamplerConfig(resampler)),
        renamed(adapter.tensors, (name) => (name.startsWith('image_proj.') ? name : undefined)),
      ),
      this.#network(
        'cross_attention',
        {},
        crossAttentionParameters(unet),
        new Map([...textBranch, ...imageBranch]),
      ),
      this.#network(
        'unet',
        config,
        unetParameters(unet),
        renamed(tensors, (name) => (KEYS_AND_VALUES.test(name) ? undefined : name)),
      ),
    ];
  }

  async vaeDecoder(config: Record<string, unknown>, vae: VaeConfig): Promise<PlannedNetwork> {
    const tensors =
      this.#single?.vae ?? (await openWeights(this.#folder, 'vae', 'diffusion_pytorch_model')).tensors;
    const encoder = /^(encoder\.|quant_conv\.)/;
    return this.#network(
      'vae',
      config,
      vaeDecoderParameters(vae),
      renamed(tensors, (name) => (encoder.test(name) ? undefined : name)),
    );
  }

  async #resamplerConfig(adapter: Checkpoint): Promise<Record<string, unknown>> {
    if ((await this.#folder.open('adapter_config.json')) === undefined) return resamplerConfigOf(adapter);
    return (await readJson(this.#folder, 'adapter_config.json', adapterSchema)).resampler;
  }

  #network(
    name: ComponentName,
    config: Readonly<Record<string, unknown>>,
    parameters: readonly ParameterSpec[],
    tensors: NetworkTensors,
  ): PlannedNetwork {
    // Of a folder on a disk the last part of its path is enough: the rest is nobody's business.
    const folder = this.#folder.name.split(/[\\/]/).at(-1) ?? this.#folder.name;
    const source = this.#folder.origin?.(PLACES[name] ?? name) ?? `${name} of ${folder}`;
    const network = { name, config, parameters, tensors, source };
    checkTensors(network);
    return network;
  }
}

/** Networks that do not lie in a folder of their own name. */
const PLACES: Readonly<Partial<Record<ComponentName, string>>> = {
  cross_attention: 'unet',
  resampler: 'ms_adapter',
};
const KEYS_AND_VALUES = /\.attn2\.to_[kv]\.weight$/;

/**
 * Reads the configurations and the heads of the weight files, and checks that every tensor is there, none
 * is left over and all have their shape. U-Net, text encoders and VAE come from `singleFile` if it is
 * given. Throws AppError 'bad-checkpoint' naming file and tensor.
 */
export async function planNetworks(
  folder: CheckpointFolder,
  singleFile: ByteSource | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly PlannedNetwork[]> {
  const unetConfig = await readJson(folder, 'unet/config.json', configSchema);
  const unet = parseUnetConfig(unetConfig);
  const vaeConfig = await readJson(folder, 'vae/config.json', configSchema);
  const vae = parseVaeConfig(vaeConfig);
  const layout = { resnets: unet.resnetsPerBlock[0] ?? 0, vaeLevels: vae.blockChannels.length };
  const single = singleFile === undefined ? undefined : await openSingleFile(singleFile, layout, signal);
  const planner = new NetworkPlanner(folder, single);
  const hasLocalEncoder = (await folder.open('local_encoder/config.json')) !== undefined;
  return [
    await planner.textEncoder('text_encoder'),
    await planner.textEncoder('text_encoder_2'),
    await planner.visionTower('image_encoder'),
    ...(hasLocalEncoder ? [await planner.visionTower('local_encoder')] : []),
    ...(await planner.unetAndAdapter(unetConfig, unet)),
    await planner.vaeDecoder(vaeConfig, vae),
  ];
}
