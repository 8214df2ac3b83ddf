import { AppError } from '../../shared/errors.ts';
import type { AdaptedModule } from '../../weights/lora-keys.ts';
import type { LoraDelta } from '../../weights/lora.ts';
import { hostTensor, type HostTensor } from '../runtime/runtime.ts';
import { crossAttentionLayout, type CrossAttentionLayer } from './cross-attention-layout.ts';
import type { UnetConfig } from './unet-config.ts';

export interface WeightedLora {
  readonly deltas: readonly LoraDelta[];
  readonly weight: number;
}

/** RelationBooth trains rank 4: four of them fit without another graph. */
export const DEFAULT_LORA_RANK = 16;

const INPUT_NAMES: Readonly<Record<AdaptedModule, string>> = {
  to_q: 'loraQ',
  to_k: 'loraK',
  to_v: 'loraV',
  'to_out.0': 'loraOut',
};

/** Rank that a set of LoRAs needs: the sum over those that meet in one projection, 0 without any. */
export function requiredLoraRank(loras: readonly WeightedLora[]): number {
  const sums = new Map<string, number>();
  for (const { deltas } of loras) {
    for (const { path, module, rank } of deltas) {
      const key = `${path}.${module}`;
      sums.set(key, (sums.get(key) ?? 0) + rank);
    }
  }
  return Math.max(0, ...sums.values());
}

/** The rank to build graphs for: the default, doubled until the LoRAs fit. */
export function paddedLoraRank(loras: readonly WeightedLora[]): number {
  let rank = DEFAULT_LORA_RANK;
  while (rank < requiredLoraRank(loras)) rank *= 2;
  return rank;
}

/**
 * Packs any number of LoRAs into graph inputs: `{name}Down.{C}` [L,in,R] and `{name}Up.{C}` [L,R,C] for
 * every width C with L layers in the order of execution; `in` is C for q and out, the context's width
 * for k and v. LoRAs stack along the rank; weight · alpha / r is folded into Up; what is left is zero.
 * Without LoRAs all of it is zero. The step graph takes `loraQ*` and `loraOut*`, the key and value graph
 * `loraK*` and `loraV*`.
 *
 * Throws AppError 'bad-lora' if a delta is of another model or the ranks exceed `rank`.
 */
export function packLoraInputs(
  config: UnetConfig,
  loras: readonly WeightedLora[],
  modules: readonly AdaptedModule[],
  rank = DEFAULT_LORA_RANK,
): Readonly<Record<string, HostTensor>> {
  const layout = crossAttentionLayout(config);
  const byPath = new Map(layout.layers.map((layer) => [layer.path, layer]));
  const inputs: Record<string, HostTensor> = {};
  for (const module of modules) {
    const inWidth = (channels: number): number =>
      module === 'to_k' || module === 'to_v' ? config.contextWidth : channels;
    const packed = new Map(
      layout.widths.map(({ channels, layers }) => [
        channels,
        {
          down: new Float32Array(layers * inWidth(channels) * rank),
          up: new Float32Array(layers * rank * channels),
        },
      ]),
    );
    const used = new Map<string, number>();
    for (const { deltas, weight } of loras) {
      for (const delta of deltas) {
        if (delta.module !== module) continue;
        const layer = byPath.get(delta.path);
        const target = packed.get(layer?.channels ?? 0);
        if (layer === undefined || target === undefined) throw otherModel(delta);
        checkShape(delta, layer, inWidth(layer.channels));
        const first = used.get(delta.path) ?? 0;
        if (first + delta.rank > rank) {
          throw new AppError(
            'bad-lora',
            `The LoRAs together have rank ${requiredLoraRank(loras)}, but only ${rank} fit here. Remove one of them.`,
          );
        }
        used.set(delta.path, first + delta.rank);
        writeDelta(delta, layer, target, { first, rank, inWidth: inWidth(layer.channels), weight });
      }
    }
    for (const { channels, layers } of layout.widths) {
      const { down, up } = packed.get(channels) ?? {};
      if (down === undefined || up === undefined) continue;
      const name = INPUT_NAMES[module];
      inputs[`${name}Down.${channels}`] = hostTensor('float32', [layers, inWidth(channels), rank], down);
      inputs[`${name}Up.${channels}`] = hostTensor('float32', [layers, rank, channels], up);
    }
  }
  return inputs;
}

interface Placement {
  /** Column of Down and row of Up where this delta starts. */
  readonly first: number;
  readonly rank: number;
  readonly inWidth: number;
  readonly weight: number;
}

function writeDelta(
  delta: LoraDelta,
  { channels, widthIndex }: CrossAttentionLayer,
  target: { readonly down: Float32Array; readonly up: Float32Array },
  { first, rank, inWidth, weight }: Placement,
): void {
  const scale = (weight * delta.alpha) / delta.rank;
  const downStart = widthIndex * inWidth * rank;
  const upStart = widthIndex * rank * channels;
  for (let r = 0; r < delta.rank; r += 1) {
    for (let i = 0; i < inWidth; i += 1) {
      target.down[downStart + i * rank + first + r] = delta.down[r * inWidth + i] ?? 0;
    }
    for (let o = 0; o < channels; o += 1) {
      target.up[upStart + (first + r) * channels + o] = scale * (delta.up[o * delta.rank + r] ?? 0);
    }
  }
}

function checkShape(delta: LoraDelta, { channels }: CrossAttentionLayer, inWidth: number): void {
  const fits = delta.down.length === delta.rank * inWidth && delta.up.length === channels * delta.rank;
  if (fits) return;
  throw new AppError(
    'bad-lora',
    `This LoRA is for another model: ${delta.path}.${delta.module} should map ${inWidth} to ${channels} ` +
      `channels, but its tensors are [${delta.rank}, ${delta.down.length / delta.rank}] and ` +
      `[${delta.up.length / delta.rank}, ${delta.rank}].`,
  );
}

function otherModel({ path, module }: LoraDelta): AppError {
  return new AppError(
    'bad-lora',
    `This LoRA is for another model: it changes ${path}.${module}, and this U-Net has no such cross-attention layer.`,
  );
}
