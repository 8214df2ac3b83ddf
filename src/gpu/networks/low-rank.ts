import type { StoredComponent } from '../../weights/types.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import { linear, type LinearOptions } from '../graph/layers.ts';
import * as ops from '../graph/ops.ts';
import type { ComputeType } from './cross-attention-kv.ts';
import type { LoraGroup } from './lora-groups.ts';

/** Low-rank factors of one layer: down [in,R], up [R,out]. */
export interface LowRankPair {
  readonly down: Value;
  readonly up: Value;
}

/** The low-rank change of the layer at a path; undefined where the graph has no input for it. */
export type LowRankOf = (path: string) => LowRankPair | undefined;

export interface LowRankInputOptions {
  /** Rank that the inputs are padded to; 0 leaves them out. */
  readonly rank: number;
  readonly type: ComputeType;
}

/** Adds the inputs of the groups to a graph (lora-inputs.ts fills them) and finds each layer's part in them. */
export function lowRankInputs(
  g: GraphBuilder,
  groups: readonly LoraGroup[],
  { rank, type }: LowRankInputOptions,
): LowRankOf {
  if (rank === 0) return () => undefined;
  const places = new Map<string, LowRankPair & { readonly index: number }>();
  for (const { down, up, inWidth, outWidth, paths } of groups) {
    const pair = {
      down: g.input(down, type, [paths.length, inWidth, rank]),
      up: g.input(up, type, [paths.length, rank, outWidth]),
    };
    for (const [index, path] of paths.entries()) places.set(path, { ...pair, index });
  }
  return (path) => {
    const place = places.get(path);
    if (place === undefined) return undefined;
    const index = ops.scalar(g, place.index, 'int64');
    return { down: ops.gather(g, place.down, index), up: ops.gather(g, place.up, index) };
  };
}

/**
 * y = x·Wᵀ + b + (x·A)·B with x [rows,in] or [B,T,in]: the stored weight stays as it is, so the delta is exact on
 * quantized weights too.
 */
export function adaptedLinear(
  g: GraphBuilder,
  x: Value,
  component: StoredComponent,
  path: string,
  lowRank: LowRankOf,
  options: LinearOptions = {},
): Value {
  const plain = linear(g, x, component, path, options);
  const pair = lowRank(path);
  if (pair === undefined) return plain;
  const [start, end] = options.rows ?? [0, ops.dim(pair.up, 1)];
  const narrow = ops.matMul(g, x, ops.cast(g, pair.down, x.type));
  const up = ops.cast(g, ops.slice(g, pair.up, 1, start, end), x.type);
  return x.shape.length === 2 ? ops.gemm(g, narrow, up, plain) : ops.add(g, plain, ops.matMul(g, narrow, up));
}
