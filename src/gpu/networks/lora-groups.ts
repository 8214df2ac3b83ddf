import type { ParameterSpec } from '../../weights/types.ts';
import type { TextNetwork } from '../../weights/lora-metadata.ts';
import { type ClipTextConfig, clipTextParameters } from './clip-text.ts';
import { crossAttentionLayout } from './cross-attention-layout.ts';
import type { UnetConfig } from './unet-config.ts';
import { unetParameters } from './unet-parameters.ts';

/** Linear layers of one shape whose low-rank factors share one pair of graph inputs: down [L,in,R], up [L,R,out]. */
export interface LoraGroup {
  /** Names of the two inputs. */
  readonly down: string;
  readonly up: string;
  readonly inWidth: number;
  readonly outWidth: number;
  /** Its layers as LoRAs name them (`LoraDelta.path`), in their order along the first axis. */
  readonly paths: readonly string[];
}

type Projection = 'to_q' | 'to_k' | 'to_v' | 'to_out.0';

/** One projection of every cross-attention layer: a group for each channel width, ascending. */
function projectionGroups(
  config: UnetConfig,
  name: string,
  projection: Projection,
  inWidth?: number,
): LoraGroup[] {
  const paths = new Map<number, string[]>();
  for (const { path, channels } of crossAttentionLayout(config).layers) {
    paths.set(channels, [...(paths.get(channels) ?? []), `${path}.${projection}`]);
  }
  return [...paths]
    .sort(([a], [b]) => a - b)
    .map(([channels, own]) => ({
      down: `${name}Down.${channels}`,
      up: `${name}Up.${channels}`,
      inWidth: inWidth ?? channels,
      outWidth: channels,
      paths: own,
    }));
}

/** Keys and values of the text in cross-attention: inputs of the key and value graph. */
export function keyValueLoraGroups(config: UnetConfig): readonly LoraGroup[] {
  const { contextWidth } = config;
  return [
    ...projectionGroups(config, 'loraK', 'to_k', contextWidth),
    ...projectionGroups(config, 'loraV', 'to_v', contextWidth),
  ];
}

/** Queries and outputs of cross-attention: what a RelationLoRA changes in a step, inputs of every step graph. */
export function crossAttentionLoraGroups(config: UnetConfig): readonly LoraGroup[] {
  return [...projectionGroups(config, 'loraQ', 'to_q'), ...projectionGroups(config, 'loraOut', 'to_out.0')];
}

/**
 * Every other linear layer of the U-Net: self-attention, feed-forward, the projections in and out of each
 * transformer, and those of the time embedding. Inputs of a step graph only where a LoRA changes one of
 * them. One transformer's layers of one shape make a group: all of SDXL's together would exceed the 128 MiB
 * that a WebGPU device binds at least (rank 64 on the 60 widest feed-forward layers is 157 MB).
 */
export function linearLoraGroups(config: UnetConfig): readonly LoraGroup[] {
  const known = new Set(crossAttentionLoraGroups(config).flatMap(({ paths }) => paths));
  return groupsOfOwners(unetParameters(config), (path) =>
    known.has(path) ? undefined : { owner: /^.*\.attentions\.\d+/.exec(path)?.[0] ?? 'time', path },
  );
}

/** Linear weights of one shape and owner make a group; `placeOf` gives the owner and a LoRA's name of a path, or leaves it out. */
function groupsOfOwners(
  parameters: readonly ParameterSpec[],
  placeOf: (path: string) => { readonly owner: string; readonly path: string } | undefined,
): readonly LoraGroup[] {
  const groups = new Map<string, LoraGroup>();
  for (const { name, shape } of parameters) {
    const [outWidth = 0, inWidth = 0] = shape;
    const place = shape.length === 2 ? placeOf(name.replace(/\.weight$/, '')) : undefined;
    if (place === undefined) continue;
    const key = `${place.owner}.${inWidth}x${outWidth}`;
    const paths = [...(groups.get(key)?.paths ?? []), place.path];
    groups.set(key, { down: `loraDown.${key}`, up: `loraUp.${key}`, inWidth, outWidth, paths });
  }
  return [...groups.values()];
}

/**
 * The linear layers of a text encoder, a group for each shape in each of its layers: inputs of its graph where a LoRA
 * changes one.
 */
export function textLoraGroups(network: TextNetwork, config: ClipTextConfig): readonly LoraGroup[] {
  return groupsOfOwners(clipTextParameters(config), (path) => {
    const owner = /^text_model\.encoder\.layers\.(\d+)\./.exec(path)?.[1];
    return owner === undefined ? undefined : { owner, path: `${network}.${path}` };
  });
}

/** The networks of a model that LoRAs change. */
export interface AdaptedConfigs {
  readonly unet: UnetConfig;
  readonly textEncoder: ClipTextConfig;
  readonly textEncoder2: ClipTextConfig;
}

/** Every layer of a model that a LoRA may change. */
export function allLoraGroups({ unet, textEncoder, textEncoder2 }: AdaptedConfigs): readonly LoraGroup[] {
  return [
    ...keyValueLoraGroups(unet),
    ...crossAttentionLoraGroups(unet),
    ...linearLoraGroups(unet),
    ...textLoraGroups('text_encoder', textEncoder),
    ...textLoraGroups('text_encoder_2', textEncoder2),
  ];
}
