import { AppError } from '../../shared/errors.ts';
import { floatsToHalves } from '../../weights/half.ts';
import type { LoraDelta } from '../../weights/lora.ts';
import { type AdaptedNetwork, networkOf, type TextNetwork } from '../../weights/lora-metadata.ts';
import { hostTensor, type HostTensor } from '../runtime/runtime.ts';
import type { ComputeType } from './cross-attention-kv.ts';
import type { LoraGroup } from './lora-groups.ts';
import type { LowRankInputOptions } from './low-rank.ts';

export interface WeightedLora {
  readonly deltas: readonly LoraDelta[];
  readonly weight: number;
}

/** RelationBooth trains rank 4: four of them fit without another graph. Ranks are padded to multiples of it. */
export const DEFAULT_LORA_RANK = 16;

/** Ranks that graphs are built for. */
export interface LoraRanks {
  /** Of the cross-attention layers, which every graph has inputs for. */
  readonly attention: number;
  /** Of the other linear layers; 0 where no LoRA changes one, and the graph has no inputs for them. */
  readonly linear: number;
}

/** Largest sum of the ranks that meet in one layer. */
function requiredRank(deltas: readonly LoraDelta[]): number {
  const sums = new Map<string, number>();
  for (const { path, rank } of deltas) sums.set(path, (sums.get(path) ?? 0) + rank);
  return Math.max(0, ...sums.values());
}

const padded = (rank: number): number => DEFAULT_LORA_RANK * Math.ceil(rank / DEFAULT_LORA_RANK);

/** The ranks to build step graphs for, so that a LoRA's weight never asks for another graph. */
export function paddedLoraRanks(loras: readonly WeightedLora[]): LoraRanks {
  const deltas = deltasOf('unet', loras);
  const isCross = ({ path }: LoraDelta): boolean => path.includes('.attn2.');
  return {
    attention: Math.max(DEFAULT_LORA_RANK, padded(requiredRank(deltas.filter(isCross)))),
    linear: padded(requiredRank(deltas.filter((delta) => !isCross(delta)))),
  };
}

/** The rank to build a text encoder's graph for; 0 where no LoRA changes it. */
export function paddedTextRank(network: TextNetwork, loras: readonly WeightedLora[]): number {
  return padded(requiredRank(deltasOf(network, loras)));
}

function deltasOf(network: AdaptedNetwork, loras: readonly WeightedLora[]): readonly LoraDelta[] {
  return loras.flatMap(({ deltas }) => deltas.filter(({ path }) => networkOf(path).network === network));
}

/** Whether any of the LoRAs changes a layer of the groups. */
export function changesGroups(groups: readonly LoraGroup[], loras: readonly WeightedLora[]): boolean {
  const paths = new Set(groups.flatMap((group) => group.paths));
  return loras.some(({ deltas }) => deltas.some(({ path }) => paths.has(path)));
}

/** Throws AppError 'bad-lora' if a delta is of another model: a layer that none of the groups has, or another width. */
export function checkLoraFits(groups: readonly LoraGroup[], deltas: readonly LoraDelta[]): void {
  const byPath = new Map(groups.flatMap((group) => group.paths.map((path) => [path, group] as const)));
  for (const { path, rank, down, up } of deltas) {
    const group = byPath.get(path);
    if (group === undefined) {
      throw new AppError(
        'bad-lora',
        `This LoRA is for another model: it changes ${path}, and this model has no such layer.`,
      );
    }
    const { inWidth, outWidth } = group;
    if (down.length === rank * inWidth && up.length === outWidth * rank) continue;
    throw new AppError(
      'bad-lora',
      `This LoRA is for another model: ${path} should map ${inWidth} to ${outWidth} channels, but its ` +
        `tensors are [${rank}, ${down.length / rank}] and [${up.length / rank}, ${rank}].`,
    );
  }
}

/**
 * Packs any number of LoRAs that fit the model ({@link checkLoraFits}) into the inputs of the groups: down
 * [L,in,R], up [L,R,out]. LoRAs stack along the rank; weight · alpha / r is folded into up; what is left is
 * zero. Without LoRAs all of it is zero.
 *
 * Throws AppError 'bad-lora' if the ranks of those that meet in one layer exceed `rank`.
 */
export function packLoraInputs(
  groups: readonly LoraGroup[],
  loras: readonly WeightedLora[],
  { rank, type }: LowRankInputOptions = { rank: DEFAULT_LORA_RANK, type: 'float32' },
): Readonly<Record<string, HostTensor>> {
  const stacks = new Map<string, WeightedDelta[]>();
  for (const { deltas, weight } of loras) {
    for (const delta of deltas) {
      const stack = stacks.get(delta.path) ?? [];
      stack.push({ delta, weight });
      stacks.set(delta.path, stack);
    }
  }
  const inputs: Record<string, HostTensor> = {};
  for (const { down: downName, up: upName, inWidth, outWidth, paths } of groups) {
    const down = new Float32Array(paths.length * inWidth * rank);
    const up = new Float32Array(paths.length * rank * outWidth);
    for (const [layer, path] of paths.entries()) {
      const target = {
        down: down.subarray(layer * inWidth * rank, (layer + 1) * inWidth * rank),
        up: up.subarray(layer * rank * outWidth, (layer + 1) * rank * outWidth),
      };
      let first = 0;
      for (const { delta, weight } of stacks.get(path) ?? []) {
        if (first + delta.rank > rank) {
          throw new AppError(
            'bad-lora',
            `The LoRAs together have rank ${requiredRank(loras.flatMap(({ deltas }) => deltas))}, but only ${rank} fit here. Remove one of them.`,
          );
        }
        writeDelta(delta, target, { first, rank, weight, type });
        first += delta.rank;
      }
    }
    inputs[downName] = inputTensor(type, [paths.length, inWidth, rank], down);
    inputs[upName] = inputTensor(type, [paths.length, rank, outWidth], up);
  }
  return inputs;
}

interface WeightedDelta {
  readonly delta: LoraDelta;
  readonly weight: number;
}

function inputTensor(type: ComputeType, shape: readonly number[], values: Float32Array): HostTensor {
  return hostTensor(type, shape, type === 'float16' ? floatsToHalves(values) : values);
}

interface Placement {
  /** Column of down and row of up where this delta starts. */
  readonly first: number;
  readonly rank: number;
  readonly weight: number;
  readonly type: ComputeType;
}

function writeDelta(
  delta: LoraDelta,
  target: { readonly down: Float32Array; readonly up: Float32Array },
  { first, rank, weight, type }: Placement,
): void {
  const inWidth = delta.down.length / delta.rank;
  const outWidth = delta.up.length / delta.rank;
  const scale = (weight * delta.alpha) / delta.rank;
  const shift = type === 'float16' ? balance(delta, scale) : 1;
  for (let r = 0; r < delta.rank; r += 1) {
    for (let i = 0; i < inWidth; i += 1) {
      target.down[i * rank + first + r] = shift * (delta.down[r * inWidth + i] ?? 0);
    }
    for (let o = 0; o < outWidth; o += 1) {
      target.up[(first + r) * outWidth + o] = (scale / shift) * (delta.up[o * delta.rank + r] ?? 0);
    }
  }
}

/**
 * The power of two that brings the largest numbers of down and of the scaled up near each other. Files with
 * an alpha of 1 and a high rank leave up below 6e-5, where float16 loses digits and some devices give zero.
 */
function balance({ down, up }: LoraDelta, scale: number): number {
  const ratio = (Math.abs(scale) * largest(up)) / largest(down);
  return ratio > 0 && Number.isFinite(ratio) ? 2 ** Math.round(Math.log2(ratio) / 2) : 1;
}

function largest(values: Float32Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
