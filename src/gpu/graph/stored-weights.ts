import { AppError } from '../../shared/errors.ts';
import type { ShardRange, StoredComponent, StoredTensor } from '../../weights/types.ts';
import type { TensorType } from '../runtime/runtime.ts';
import { int } from './attributes.ts';
import { elementCount, type GraphBuilder, type Value } from './graph.ts';
import * as ops from './ops.ts';

/** Tensors of a pack as values of a graph, in the form in which operators multiply by them. */

type Dense = StoredTensor & { readonly kind: 'dense' };
type Blocks = StoredTensor & { readonly kind: 'matmul-nbits' };
type ConvInt8 = StoredTensor & { readonly kind: 'conv-int8' };

/** Rows [start, end) of a weight [out, in]: outputs that are computed apart from the others. */
export type RowRange = readonly [start: number, end: number];

/** The entry of a tensor; throws AppError 'bad-pack' if the pack has none of that name. */
export function storedTensor(component: StoredComponent, name: string): StoredTensor {
  const stored = component.tensors.get(name);
  if (stored === undefined) {
    throw new AppError(
      'bad-pack',
      `The pack's ${component.name} has no tensor "${name}". It was made for another configuration: install it again.`,
    );
  }
  return stored;
}

/** A dense tensor in its checkpoint shape, or turned if it is stored so. */
export function denseWeight(
  g: GraphBuilder,
  component: StoredComponent,
  stored: Dense,
  type: TensorType,
): Value {
  const shape = stored.transposed ? stored.shape.toReversed() : stored.shape;
  const value = g.externalWeight(weightName(component, stored.name), stored.type, shape, stored.data);
  return ops.cast(g, value, type);
}

/** What com.microsoft.MatMulNBits takes: codes uint8 [rows, blocks, bytes] and scales [rows·blocks]. */
export function blockWeight(
  g: GraphBuilder,
  component: StoredComponent,
  stored: Blocks,
  [start, end]: RowRange,
): { readonly codes: Value; readonly scales: Value } {
  const [outSize = 0, inSize = 0] = stored.shape;
  const blocks = Math.ceil(inSize / stored.block);
  const part = start === 0 && end === outSize ? '' : `[${start}:${end}]`;
  const name = `${weightName(component, stored.name)}${part}`;
  const rows = end - start;
  // Rows lie one after another: a part of them is a part of the bytes.
  const partOf = ({ shard, byteOffset, byteLength }: ShardRange): ShardRange => {
    const rowBytes = byteLength / outSize;
    return { shard, byteOffset: byteOffset + start * rowBytes, byteLength: rows * rowBytes };
  };
  const bytes = (stored.block * stored.bits) / 8;
  return {
    codes: g.externalWeight(name, 'uint8', [rows, blocks, bytes], partOf(stored.data)),
    scales: g.externalWeight(`${name}.scales`, 'float32', [rows * blocks], partOf(stored.scales)),
  };
}

/** An 8-bit convolution weight as numbers [out, in, kh, kw], decoded when `x` exists. */
export function convWeightAfter(
  g: GraphBuilder,
  component: StoredComponent,
  stored: ConvInt8,
  x: Value,
): Value {
  const name = weightName(component, stored.name);
  const codes = g.externalWeight(name, 'int8', stored.shape, stored.data);
  const scales = g.externalWeight(`${name}.scales`, 'float32', [ops.dim(codes, 0)], stored.scales);
  const weight = g.node1(
    'DequantizeLinear',
    [codes, ops.add(g, scales, zeroAfter(g, x))],
    { axis: int(0) },
    { type: 'float32', shape: stored.shape },
  );
  return ops.cast(g, weight, x.type);
}

/**
 * A zero [1] that exists only once `x` does. onnxruntime 1.30 runs every DequantizeLinear whose inputs
 * are all initializers before anything else, which holds the whole network dequantized: 295 MB of int8
 * weights peaked at 2.7 GB, and at 0.48 GB with scales that wait for their layer's activation.
 * t < t is false for every t, NaN and infinities included, so the sum leaves the scales bit-exact.
 */
function zeroAfter(g: GraphBuilder, x: Value): Value {
  const one = ops.slice(g, ops.reshape(g, x, [elementCount(x.shape)]), 0, 0, 1);
  return ops.cast(g, ops.less(g, one, one), 'float32');
}

/** Weights of several networks may meet in one graph. */
function weightName(component: StoredComponent, name: string): string {
  return `${component.name}:${name}`;
}

export function wrongKind(component: StoredComponent, stored: StoredTensor, what: string): AppError {
  return new AppError(
    'bad-pack',
    `Tensor "${stored.name}" of ${component.name} is stored as ${stored.kind}, which cannot be the weight of ${what}.`,
  );
}
