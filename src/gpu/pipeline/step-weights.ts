import { decodeComponent, decodedByteLength } from '../../weights/decode.ts';
import type { ReadShard, Runtime } from '../runtime/runtime.ts';
import type { Model } from './model.ts';
import { type EnginePack, shardByteLengths, shardsFor } from './pack.ts';

/**
 * A U-Net whose weights as float32 numbers take no more than this is decoded once, when its session is
 * made, instead of inside every operator of every step: the embedded model's are 84 MB, SDXL's 10 GB.
 * Measured times are in docs/benchmarks.md.
 */
export const DEFAULT_DECODED_BYTES = 256 * 1024 * 1024;

export interface StepWeights {
  readonly model: Model;
  readonly readShard: ReadShard;
  readonly shardByteLength: (shard: string) => number;
}

/** The model with the weights that its steps run on, and the shards that it then refers to. */
export function stepWeights(
  model: Model,
  pack: EnginePack,
  runtime: Runtime,
  maxDecodedBytes: number,
): StepWeights {
  const lengths = shardByteLengths(pack.manifest);
  const stored: StepWeights = {
    model,
    readShard: shardsFor(runtime, pack),
    shardByteLength: (shard) => lengths.get(shard) ?? 0,
  };
  const { component, config } = model.unet;
  const quantized = [...component.tensors.values()].some(({ kind }) => kind !== 'dense');
  if (!quantized || decodedByteLength(component) > maxDecodedBytes) return stored;
  const decoded = decodeComponent(component, (shard) => pack.readShard(shard));
  return {
    model: { ...model, unet: { component: decoded.component, config } },
    readShard: (shard) => (shard === decoded.shard ? decoded.readShard() : stored.readShard(shard)),
    shardByteLength: (shard) =>
      shard === decoded.shard ? decoded.byteLength : stored.shardByteLength(shard),
  };
}
