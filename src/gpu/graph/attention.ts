import { invariant } from '../../shared/errors.ts';
import { float, int } from './attributes.ts';
import { describe, elementCount, tensorByteLength, type GraphBuilder, type Value } from './graph.ts';
import * as ops from './ops.ts';

export interface AttentionSettings {
  /** Only where the runtime's self-check of com.microsoft.MultiHeadAttention passed. */
  readonly fused: boolean;
  /** Most bytes of one score matrix; queries are worked off in chunks that keep to it. */
  readonly maxScoreBytes: number;
}

/**
 * SDXL at 1024² has 10 heads of 4096² scores, 671 MB a sample in fp32; chunks of 128 MiB keep that below
 * the default buffer limit of a WebGPU device (256 MiB) and cost nothing measurable.
 */
export const DEFAULT_ATTENTION: AttentionSettings = { fused: false, maxScoreBytes: 128 * 1024 * 1024 };

/** [B,T,H·d] → [B,H,T,d] */
export function splitHeads(g: GraphBuilder, x: Value, heads: number): Value {
  return ops.transpose(g, perHead(g, x, heads), [0, 2, 1, 3]);
}

/** [B,T,H·d] → [B,H,d,T]: keys as the score product takes them. */
export function splitHeadsTransposed(g: GraphBuilder, x: Value, heads: number): Value {
  return ops.transpose(g, perHead(g, x, heads), [0, 2, 3, 1]);
}

function perHead(g: GraphBuilder, x: Value, heads: number): Value {
  return ops.reshape(g, x, [ops.dim(x, 0), ops.dim(x, 1), heads, -1]);
}

/** [B,H,T,d] → [B,T,H·d] */
export function mergeHeads(g: GraphBuilder, x: Value): Value {
  const swapped = ops.transpose(g, x, [0, 2, 1, 3]);
  return ops.reshape(g, swapped, [ops.dim(x, 0), ops.dim(x, 2), -1]);
}

export interface PlainAttentionOptions {
  /** Factor of the scores; d^-½ as a rule, 1 where the keys carry it already. */
  readonly scale: number;
  /** Added to the scaled scores; broadcasts to [B,H,P,T]. */
  readonly bias?: Value | undefined;
  readonly maxScoreBytes: number;
}

/**
 * softmax(scale·q·k + bias)·v with q [B,H,P,d], transposed keys [B,H,d,T] and v [B,H,T,e] → [B,H,P,e].
 * Written out, since the fused operator is wrong on some adapters.
 */
export function plainAttention(
  g: GraphBuilder,
  q: Value,
  keysTransposed: Value,
  v: Value,
  { scale, bias, maxScoreBytes }: PlainAttentionOptions,
): Value {
  // The factor goes where it touches fewer numbers.
  const scaleQueries = elementCount(q.shape) <= elementCount(keysTransposed.shape);
  const scaled = (x: Value): Value => (scale === 1 ? x : ops.mul(g, x, scale));
  const queries = scaleQueries ? scaled(q) : q;
  const keys = scaleQueries ? keysTransposed : scaled(keysTransposed);
  const queryCount = ops.dim(q, 2);
  const chunks = queryChunks(q, ops.dim(keys, -1), maxScoreBytes).map(([start, end]) => {
    const scores = ops.matMul(g, ops.slice(g, queries, 2, start, end), keys);
    const biased =
      bias === undefined ? scores : ops.add(g, scores, biasRows(g, bias, queryCount, start, end));
    // In float32 whatever comes in: a float16 sum over thousands of keys loses the small ones.
    const weights = ops.softmax(g, ops.cast(g, biased, 'float32'));
    return ops.matMul(g, ops.cast(g, weights, v.type), v);
  });
  return ops.concat(g, chunks, 2);
}

/** Equal chunks [start, end) of the queries whose score matrix keeps to the limit. */
function queryChunks(
  q: Value,
  keyCount: number,
  maxScoreBytes: number,
): readonly (readonly [number, number])[] {
  const queryCount = ops.dim(q, 2);
  const bytes = tensorByteLength('float32', [...q.shape.slice(0, 3), keyCount]);
  const count = Math.min(queryCount, Math.ceil(bytes / maxScoreBytes));
  const size = Math.ceil(queryCount / count);
  return Array.from({ length: Math.ceil(queryCount / size) }, (_, index) => [
    index * size,
    Math.min(queryCount, (index + 1) * size),
  ]);
}

function biasRows(g: GraphBuilder, bias: Value, queryCount: number, start: number, end: number): Value {
  return ops.dim(bias, -2) === queryCount ? ops.slice(g, bias, -2, start, end) : bias;
}

export interface MultiHeadOptions {
  readonly heads: number;
  readonly settings: AttentionSettings;
  /** Added to the scores, [1 or B, 1 or H, P, T]. */
  readonly bias?: Value | undefined;
}

/**
 * Attention of projected queries q [B,P,H·d] over keys and values that are per head already, both
 * [B,H,T,d] → [B,P,H·d], scale d^-½; bias [1 or B, 1 or H, P, T].
 */
export function keyValueAttention(
  g: GraphBuilder,
  q: Value,
  keys: Value,
  values: Value,
  { settings, bias }: Omit<MultiHeadOptions, 'heads'>,
): Value {
  const [batch, heads, , depth] = keys.shape;
  invariant(
    batch === ops.dim(q, 0) && (heads ?? 0) * (depth ?? 0) === ops.dim(q, -1) && keys.shape.length === 4,
    () => `Attention: q ${describe(q)} does not fit keys ${describe(keys)}.`,
  );
  const scale = (depth ?? 1) ** -0.5;
  if (settings.fused) return fusedAttention(g, q, keys, values, { heads: heads ?? 1, scale, bias });
  const out = plainAttention(g, splitHeads(g, q, heads ?? 1), ops.transpose(g, keys, [0, 1, 3, 2]), values, {
    scale,
    bias,
    maxScoreBytes: settings.maxScoreBytes,
  });
  return mergeHeads(g, out);
}

/** Keys and values are [B,T,H·d] or [B,H,T,d]: the operator takes both. */
function fusedAttention(
  g: GraphBuilder,
  q: Value,
  k: Value,
  v: Value,
  {
    heads,
    scale,
    bias,
  }: { readonly heads: number; readonly scale: number; readonly bias: Value | undefined },
): Value {
  const inputs = [q, k, v, ...(bias === undefined ? [] : [undefined, undefined, bias])];
  const attributes = { num_heads: int(heads), scale: float(scale) };
  return g.node1('MultiHeadAttention', inputs, attributes, q, ops.MICROSOFT);
}

/** Multi-head attention of projected q [B,P,H·d], k and v [B,T,H·d] → [B,P,H·d], scale d^-½. */
export function multiHeadAttention(
  g: GraphBuilder,
  q: Value,
  k: Value,
  v: Value,
  { heads, settings, bias }: MultiHeadOptions,
): Value {
  const width = ops.dim(q, -1);
  invariant(
    width % heads === 0 && ops.dim(k, -1) === width && ops.sameShape(k.shape, v.shape),
    () => `Attention of ${heads} heads: q ${describe(q)}, k ${describe(k)}, v ${describe(v)} do not fit.`,
  );
  const scale = (width / heads) ** -0.5;
  if (settings.fused) return fusedAttention(g, q, k, v, { heads, scale, bias });
  const { maxScoreBytes } = settings;
  const out = plainAttention(
    g,
    splitHeads(g, q, heads),
    splitHeadsTransposed(g, k, heads),
    splitHeads(g, v, heads),
    {
      scale,
      bias,
      maxScoreBytes,
    },
  );
  return mergeHeads(g, out);
}
