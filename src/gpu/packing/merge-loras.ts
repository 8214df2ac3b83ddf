import { AppError } from '../../shared/errors.ts';
import { type LoraPart, splitLoraKey } from '../../weights/lora-keys.ts';
import type { WeightMerge } from '../../weights/lora-merge.ts';
import { type AdaptedNetwork, type AlphaRule, metadataAlpha } from '../../weights/lora-metadata.ts';
import { openSafetensors } from '../../weights/safetensors.ts';
import { elementCount } from '../../weights/shape.ts';
import { pagedSource } from '../../weights/sources/paged-source.ts';
import type { ByteSource, Checkpoint, CheckpointTensor, ParameterSpec } from '../../weights/types.ts';
import { parseUnetConfig } from '../networks/unet-config.ts';
import type { PlannedNetwork } from './plan-networks.ts';
import { ldmUnetName } from './single-file-names.ts';

/** A LoRA whose change is to be a part of the stored weights. */
export interface LoraToMerge {
  readonly source: ByteSource;
  /** Strength; 1 is as it was trained. */
  readonly weight: number;
}

/** A weight that LoRA files may name. */
interface Target {
  readonly network: PlannedNetwork;
  readonly adapted: AdaptedNetwork;
  /** Its path in the network, without ".weight". */
  readonly path: string;
  readonly spec: ParameterSpec;
}

/** How files name the networks: with dots (diffusers, PEFT), and with underscores (kohya). */
const PREFIXES: Readonly<
  Partial<Record<PlannedNetwork['name'], { readonly adapted: AdaptedNetwork; readonly kohya: string }>>
> = {
  unet: { adapted: 'unet', kohya: 'lora_unet_' },
  cross_attention: { adapted: 'unet', kohya: 'lora_unet_' },
  text_encoder: { adapted: 'text_encoder', kohya: 'lora_te1_' },
  text_encoder_2: { adapted: 'text_encoder_2', kohya: 'lora_te2_' },
};

const underscored = (path: string): string => path.replaceAll('.', '_');

/** Every weight by the names that files give it, the original block names of the U-Net excepted. */
function targetsOf(networks: readonly PlannedNetwork[]): ReadonlyMap<string, Target> {
  const targets = new Map<string, Target>();
  for (const network of networks) {
    const prefix = PREFIXES[network.name];
    if (prefix === undefined) continue;
    const { adapted, kohya } = prefix;
    for (const spec of network.parameters) {
      if (!spec.name.endsWith('.weight') || spec.shape.length < 2) continue;
      const path = spec.name.slice(0, -'.weight'.length);
      const target = { network, adapted, path, spec };
      targets.set(`${adapted}.${path}`, target);
      targets.set(kohya + underscored(path), target);
    }
  }
  return targets;
}

/** "input_blocks_4_0_in_layers_2" → "down_blocks_1_resnets_0_conv1"; undefined for other names. */
function fromOriginal(path: string, resnets: number): string | undefined {
  const [, block, rest = ''] = /^((?:input|output)_blocks_\d+_\d|middle_block_\d)_(.+)$/.exec(path) ?? [];
  const dotted =
    block === undefined
      ? path.replaceAll(/_(?=\d)/g, '.')
      : `${block.replaceAll(/_(?=\d)/g, '.')}.${rest.replace(/^(in_layers|emb_layers|out_layers)_/, '$1.')}`;
  const name = ldmUnetName(`${dotted}.weight`, resnets);
  return name === undefined ? undefined : underscored(name.slice(0, -'.weight'.length));
}

/** The old attention processors' "attn2.processor.to_out", PEFT's "base_model.model." → one spelling. */
function spelled(target: string): string {
  const plain = target.replace(/^base_model\.model\./, 'unet.').replace('.processor.', '.');
  const named = /^(down_blocks|up_blocks|mid_block|conv_|time_embedding|add_embedding)/.test(plain)
    ? `unet.${plain}`
    : plain;
  return named.replace(/(\.to_out|_to_out)$/, (ending) => `${ending}${ending.charAt(0)}0`);
}

interface Parts {
  readonly target: Target;
  down?: CheckpointTensor;
  up?: CheckpointTensor;
  alpha?: CheckpointTensor;
}

function refuse(file: string, message: string): AppError {
  return new AppError('bad-lora', `"${file}" cannot be merged: ${message}`);
}

function collect(
  { name: file, tensors }: Checkpoint,
  targets: ReadonlyMap<string, Target>,
  resnets: number,
): readonly Parts[] {
  const KOHYA = 'lora_unet_';
  const found = new Map<Target, Parts>();
  const put = (key: string, part: LoraPart, tensor: CheckpointTensor, target: Target): void => {
    const parts = found.get(target) ?? { target };
    if (parts[part] !== undefined) {
      throw refuse(file, `it holds the ${part} of "${target.path}" twice, the second time as "${key}".`);
    }
    parts[part] = tensor;
    found.set(target, parts);
  };
  for (const [key, tensor] of tensors) {
    const split = splitLoraKey(key);
    if (split.kind === 'unsupported') throw refuse(file, `it is a ${split.adapter} (it has "${key}").`);
    if (split.kind === 'other') throw refuse(file, `"${key}" is no part of a LoRA that is known here.`);
    const name = spelled(split.target);
    const original = name.startsWith(KOHYA) ? fromOriginal(name.slice(KOHYA.length), resnets) : undefined;
    const target = targets.get(name) ?? (original === undefined ? undefined : targets.get(KOHYA + original));
    if (target === undefined) throw refuse(file, `"${key}" changes a weight that this model does not have.`);
    put(key, split.part, tensor, target);
  }
  return [...found.values()];
}

function mergeOf(
  file: string,
  weight: number,
  { target: { path, spec }, down, up, alpha }: Parts,
  rule: AlphaRule,
): WeightMerge {
  if (down === undefined || up === undefined) {
    throw refuse(file, `there is no ${down === undefined ? 'down' : 'up'} matrix for "${path}".`);
  }
  const [rank = 0] = down.shape;
  const [out = 1] = spec.shape;
  const fits =
    rank > 0 &&
    up.shape[1] === rank &&
    elementCount(up.shape) === out * rank &&
    elementCount(down.shape) === (rank * elementCount(spec.shape)) / out;
  if (!fits) {
    throw refuse(
      file,
      `down [${down.shape.join(', ')}] and up [${up.shape.join(', ')}] do not fit "${path}" [${spec.shape.join(', ')}].`,
    );
  }
  return { file, weight, rank, down, up, alpha: alpha ?? rule(path, rank) ?? rank };
}

/** Of a path or an address the last part is enough. */
const shortName = (name: string): string => name.split(/[\\/]/).at(-1) ?? name;

/**
 * The same networks with the changes of LoRAs noted at their weights: linear layers and convolutions of the
 * U-Net and both text encoders, in diffusers', PEFT's and kohya's names. Only the heads of the files are
 * read. Throws AppError 'bad-lora' for anything in a file that could not be merged: a part left out would be
 * another LoRA.
 */
export async function planMerges(
  networks: readonly PlannedNetwork[],
  loras: readonly LoraToMerge[],
  signal?: AbortSignal,
): Promise<readonly PlannedNetwork[]> {
  if (loras.length === 0) return networks;
  const targets = targetsOf(networks);
  const unet = networks.find(({ name }) => name === 'unet');
  const resnets = parseUnetConfig(unet?.config).resnetsPerBlock[0] ?? 0;
  const merges = new Map<PlannedNetwork, Map<string, WeightMerge[]>>();
  const notes = new Map<PlannedNetwork, Set<string>>();
  for (const { source, weight } of loras) {
    const checkpoint = await openSafetensors(pagedSource(source), signal);
    for (const parts of collect(checkpoint, targets, resnets)) {
      const { network, adapted, spec } = parts.target;
      const merge = mergeOf(source.name, weight, parts, metadataAlpha(checkpoint, adapted));
      const own = merges.get(network) ?? new Map<string, WeightMerge[]>();
      own.set(spec.name, [...(own.get(spec.name) ?? []), merge]);
      merges.set(network, own);
      notes.set(network, (notes.get(network) ?? new Set()).add(` + ${shortName(source.name)} × ${weight}`));
    }
  }
  return networks.map((network) => {
    const own = merges.get(network);
    if (own === undefined) return network;
    return { ...network, merges: own, source: network.source + [...(notes.get(network) ?? [])].join('') };
  });
}
