import { AppError } from '../shared/errors.ts';
import { readFloats } from './tensor-values.ts';
import type { CheckpointTensor } from './types.ts';

/** A low-rank change of one weight [out, …]: W + weight · (alpha / rank) · up · down, in float32. */
export interface WeightMerge {
  /** For messages and the manifest. */
  readonly file: string;
  readonly weight: number;
  readonly rank: number;
  /** [rank, …] with the weight's other axes: `in`, or `in, kh, kw` of a convolution. */
  readonly down: CheckpointTensor;
  /** [out, rank], or [out, rank, 1, 1]. */
  readonly up: CheckpointTensor;
  readonly alpha: CheckpointTensor | number;
}

/** A {@link WeightMerge} whose numbers are read. */
export interface LowRank {
  readonly rank: number;
  /** [rank · columns] */
  readonly down: Float32Array;
  /** [out · rank] */
  readonly up: Float32Array;
  readonly factor: number;
}

/** Reads both matrices and alpha. Throws AppError 'bad-lora' for values that are not finite, 'network'. */
export async function readMerge(
  { file, weight, rank, down, up, alpha }: WeightMerge,
  signal?: AbortSignal,
): Promise<LowRank> {
  try {
    const ownAlpha = typeof alpha === 'number' ? alpha : ((await readFloats(alpha, signal))[0] ?? rank);
    return {
      rank,
      down: await readFloats(down, signal),
      up: await readFloats(up, signal),
      factor: (weight * ownAlpha) / rank,
    };
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'bad-checkpoint') throw thrown;
    throw new AppError('bad-lora', `"${file}" cannot be merged: ${thrown.message}`, { cause: thrown });
  }
}

/**
 * Adds factor · up · down to whole rows of a weight, of which the first is row `firstRow`; `values` is
 * [rows, columns] and is changed.
 */
export function addLowRank(
  values: Float32Array,
  columns: number,
  firstRow: number,
  { rank, down, up, factor }: LowRank,
): void {
  // In float64: the sum is rounded once, whatever the rank.
  const delta = new Float64Array(columns);
  for (let row = 0; row * columns < values.length; row += 1) {
    delta.fill(0);
    for (let index = 0; index < rank; index += 1) {
      const scale = up[(firstRow + row) * rank + index] ?? 0;
      const start = index * columns;
      for (let column = 0; column < columns; column += 1) {
        delta[column] = (delta[column] ?? 0) + scale * (down[start + column] ?? 0);
      }
    }
    const start = row * columns;
    for (let column = 0; column < columns; column += 1) {
      values[start + column] = (values[start + column] ?? 0) + factor * (delta[column] ?? 0);
    }
  }
}
