import { invariant } from '../../shared/errors.ts';
import type { TensorType } from '../runtime/runtime.ts';
import { float, int, ints, string } from './attributes.ts';
import { describe, elementCount, type GraphBuilder, type Value } from './graph.ts';

/**
 * ONNX operators (opset 21, com.microsoft 1) as functions that know their output's type and shape.
 * Only operators that both the WebGPU and the wasm build of the runtime compute correctly are here.
 */

export const MICROSOFT = 'com.microsoft';

/** A value, or a number that becomes a scalar constant of the other operand's type. */
export type Operand = Value | number;

export function scalar(g: GraphBuilder, value: number, type: TensorType = 'float32'): Value {
  switch (type) {
    case 'float32':
      return g.constant(type, [], Float32Array.of(value));
    case 'int64':
      return g.constant(type, [], BigInt64Array.of(BigInt(value)));
    case 'int32':
      return g.constant(type, [], Int32Array.of(value));
    case 'float16':
    case 'uint8':
    case 'int8':
    case 'bool':
      return cast(g, scalar(g, value), type);
  }
}

/** A one-dimensional int64 constant, as shape-like operands are. */
export function int64s(g: GraphBuilder, values: readonly number[]): Value {
  return g.constant('int64', [values.length], BigInt64Array.from(values, BigInt));
}

/** NumPy broadcasting of two shapes; throws on a mismatch. */
export function broadcastShapes(a: readonly number[], b: readonly number[], what: string): readonly number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    invariant(
      left === right || left === 1 || right === 1,
      () => `${what}: [${a.join(', ')}] and [${b.join(', ')}] do not broadcast.`,
    );
    return Math.max(left, right);
  });
}

function binary(g: GraphBuilder, opType: string, a: Value, b: Operand, output?: TensorType): Value {
  const right = typeof b === 'number' ? scalar(g, b, a.type) : b;
  invariant(a.type === right.type, () => `${opType}: ${describe(a)} and ${describe(right)} differ in type.`);
  const shape = broadcastShapes(a.shape, right.shape, opType);
  return g.node1(opType, [a, right], {}, { type: output ?? a.type, shape });
}

export const add = (g: GraphBuilder, a: Value, b: Operand): Value => binary(g, 'Add', a, b);
export const sub = (g: GraphBuilder, a: Value, b: Operand): Value => binary(g, 'Sub', a, b);
export const mul = (g: GraphBuilder, a: Value, b: Operand): Value => binary(g, 'Mul', a, b);
export const div = (g: GraphBuilder, a: Value, b: Operand): Value => binary(g, 'Div', a, b);
export const max = (g: GraphBuilder, a: Value, b: Operand): Value => binary(g, 'Max', a, b);
export const min = (g: GraphBuilder, a: Value, b: Operand): Value => binary(g, 'Min', a, b);
/** bool, a < b */
export const less = (g: GraphBuilder, a: Value, b: Operand): Value => binary(g, 'Less', a, b, 'bool');
/** bool, a == b */
export const equal = (g: GraphBuilder, a: Value, b: Operand): Value => binary(g, 'Equal', a, b, 'bool');

function unary(g: GraphBuilder, opType: string, x: Value): Value {
  return g.node1(opType, [x], {}, x);
}

export const sin = (g: GraphBuilder, x: Value): Value => unary(g, 'Sin', x);
export const cos = (g: GraphBuilder, x: Value): Value => unary(g, 'Cos', x);
export const sqrt = (g: GraphBuilder, x: Value): Value => unary(g, 'Sqrt', x);
export const floor = (g: GraphBuilder, x: Value): Value => unary(g, 'Floor', x);
export const exp = (g: GraphBuilder, x: Value): Value => unary(g, 'Exp', x);
/** x·Φ(x) with the exact error function, as PyTorch's default GELU. */
export const gelu = (g: GraphBuilder, x: Value): Value => unary(g, 'Gelu', x);

/** x·σ(αx) as one kernel: α = 1.702 is CLIP's quick GELU, α = 1 is SiLU. */
function sigmoidGate(g: GraphBuilder, x: Value, alpha: number): Value {
  return g.node1('QuickGelu', [x], { alpha: float(alpha) }, x, MICROSOFT);
}
export const quickGelu = (g: GraphBuilder, x: Value): Value => sigmoidGate(g, x, 1.702);
export const silu = (g: GraphBuilder, x: Value): Value => sigmoidGate(g, x, 1);

/** NumPy matmul: [..., M, K] × [..., K, N] → [..., M, N] with broadcast batch dimensions. */
export function matMul(g: GraphBuilder, a: Value, b: Value): Value {
  const [m, k] = a.shape.slice(-2);
  const [k2, n] = b.shape.slice(-2);
  if (m === undefined || k === undefined || n === undefined || k !== k2 || a.type !== b.type) {
    return fail(`MatMul: ${describe(a)} times ${describe(b)} is not defined.`);
  }
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2), 'MatMul');
  return g.node1('MatMul', [a, b], {}, { type: a.type, shape: [...batch, m, n] });
}

/** a[M,K] · b + c with c broadcast to [M,N]; b is [K,N], or [N,K] with `transB`. */
export function gemm(g: GraphBuilder, a: Value, b: Value, c?: Value, transB = false): Value {
  const [m, k] = a.shape;
  const [rows, columns] = b.shape;
  const [k2, n] = transB ? [columns, rows] : [rows, columns];
  if (a.shape.length !== 2 || m === undefined || n === undefined || k !== k2) {
    return fail(`Gemm: ${describe(a)} times ${describe(b)} (transB ${transB}) is not defined.`);
  }
  const inputs = c === undefined ? [a, b] : [a, b, c];
  return g.node1('Gemm', inputs, { transB: int(transB ? 1 : 0) }, { type: a.type, shape: [m, n] });
}

/** Row-major reshape; one −1 takes what is left. */
export function reshape(g: GraphBuilder, x: Value, shape: readonly number[]): Value {
  const known = shape.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const target = shape.map((size) => (size === -1 ? elementCount(x.shape) / known : size));
  invariant(
    target.every(Number.isInteger) && elementCount(target) === elementCount(x.shape),
    () => `Reshape: ${describe(x)} does not fit [${shape.join(', ')}].`,
  );
  if (sameShape(target, x.shape)) return x;
  return g.node1('Reshape', [x, int64s(g, target)], {}, { type: x.type, shape: target });
}

export function transpose(g: GraphBuilder, x: Value, perm: readonly number[]): Value {
  invariant(
    perm.length === x.shape.length && perm.toSorted((a, b) => a - b).every((axis, index) => axis === index),
    () => `Transpose: [${perm.join(', ')}] is no permutation of the axes of ${describe(x)}.`,
  );
  const shape = perm.map((axis) => dim(x, axis));
  return g.node1('Transpose', [x], { perm: ints(perm) }, { type: x.type, shape });
}

export function softmax(g: GraphBuilder, x: Value, axis = -1): Value {
  return g.node1('Softmax', [x], { axis: int(axis) }, x);
}

/** Over the last axis; scale and bias are [C]. */
export function layerNormalization(
  g: GraphBuilder,
  x: Value,
  scale: Value,
  bias: Value | undefined,
  epsilon: number,
): Value {
  const channels = dim(x, -1);
  invariant(
    elementCount(scale.shape) === channels,
    () => `LayerNormalization: ${describe(x)} with scale ${describe(scale)}.`,
  );
  const inputs = bias === undefined ? [x, scale] : [x, scale, bias];
  return g.node1('LayerNormalization', inputs, { axis: int(-1), epsilon: float(epsilon) }, x);
}

/** LayerNormalization of x + skip, and that sum; x and skip are [rows, C] or [B, rows, C]. */
export function skipLayerNormalization(
  g: GraphBuilder,
  x: Value,
  skip: Value,
  scale: Value,
  bias: Value,
  epsilon: number,
): { readonly normal: Value; readonly sum: Value } {
  invariant(
    sameShape(x.shape, skip.shape) && elementCount(scale.shape) === dim(x, -1),
    () => `SkipLayerNormalization: ${describe(x)} and ${describe(skip)} with scale ${describe(scale)}.`,
  );
  // The kernel's mean and inverse deviation (outputs 1 and 2) are not asked for.
  const [normal, sum] = g.node(
    'SkipLayerNormalization',
    [x, skip, scale, bias],
    { epsilon: float(epsilon) },
    [x, undefined, undefined, x],
    MICROSOFT,
  );
  invariant(normal !== undefined && sum !== undefined, () => 'SkipLayerNormalization gave too few outputs.');
  return { normal, sum };
}

/** x [B,C,...] normalised per sample and channel over the rest; scale and bias are [C]. */
export function instanceNormalization(
  g: GraphBuilder,
  x: Value,
  scale: Value,
  bias: Value,
  epsilon: number,
): Value {
  const channels = dim(x, 1);
  invariant(
    sameShape(scale.shape, [channels]) && sameShape(bias.shape, [channels]),
    () => `InstanceNormalization: ${describe(x)} with scale ${describe(scale)} and bias ${describe(bias)}.`,
  );
  return g.node1('InstanceNormalization', [x, scale, bias], { epsilon: float(epsilon) }, x);
}

export interface ConvOptions {
  readonly stride?: number;
  /** Zero padding on all four sides, or [top, left, bottom, right]. */
  readonly padding?: number | readonly [number, number, number, number];
}

/** x [B,C,H,W], weight [O,C,kh,kw], bias [O] → [B,O,H',W']. */
export function conv(
  g: GraphBuilder,
  x: Value,
  weight: Value,
  bias?: Value,
  { stride = 1, padding = 0 }: ConvOptions = {},
): Value {
  const [batch, channels, height, width] = x.shape;
  const [outChannels, inChannels, kernelHeight, kernelWidth] = weight.shape;
  if (
    batch === undefined ||
    height === undefined ||
    width === undefined ||
    outChannels === undefined ||
    kernelHeight === undefined ||
    kernelWidth === undefined ||
    channels !== inChannels
  ) {
    return fail(`Conv: ${describe(x)} with weight ${describe(weight)} is not defined.`);
  }
  const [top, left, bottom, right] =
    typeof padding === 'number' ? ([padding, padding, padding, padding] as const) : padding;
  const outHeight = Math.floor((height + top + bottom - kernelHeight) / stride) + 1;
  const outWidth = Math.floor((width + left + right - kernelWidth) / stride) + 1;
  return g.node1(
    'Conv',
    bias === undefined ? [x, weight] : [x, weight, bias],
    {
      kernel_shape: ints([kernelHeight, kernelWidth]),
      pads: ints([top, left, bottom, right]),
      strides: ints([stride, stride]),
    },
    { type: x.type, shape: [batch, outChannels, outHeight, outWidth] },
  );
}

/** [B,C,H,W] → [B,C,2H,2W], each pixel repeated 2×2. */
export function resizeNearest2x(g: GraphBuilder, x: Value): Value {
  const scales = g.constant('float32', [4], Float32Array.of(1, 1, 2, 2));
  const shape = [dim(x, 0), dim(x, 1), 2 * dim(x, 2), 2 * dim(x, 3)];
  return g.node1(
    'Resize',
    [x, undefined, scales],
    {
      mode: string('nearest'),
      coordinate_transformation_mode: string('asymmetric'),
      nearest_mode: string('floor'),
    },
    { type: x.type, shape },
  );
}

/** [B,C,H,W] → [B,C,height,width]; equals PyTorch's bicubic with align_corners false (a = −0.75). */
export function resizeBicubic(g: GraphBuilder, x: Value, height: number, width: number): Value {
  const shape = [dim(x, 0), dim(x, 1), height, width];
  return g.node1(
    'Resize',
    [x, undefined, undefined, int64s(g, shape)],
    {
      mode: string('cubic'),
      coordinate_transformation_mode: string('half_pixel'),
      cubic_coeff_a: float(-0.75),
    },
    { type: x.type, shape },
  );
}

export function concat(g: GraphBuilder, values: readonly Value[], axis: number): Value {
  const [first] = values;
  if (first === undefined) return fail('Concat needs at least one value.');
  if (values.length === 1) return first;
  const at = axis < 0 ? axis + first.shape.length : axis;
  for (const value of values) {
    invariant(
      value.type === first.type &&
        sameShape(value.shape.toSpliced(at, 1), first.shape.toSpliced(at, 1)) &&
        value.shape.length === first.shape.length,
      () => `Concat on axis ${axis}: ${values.map(describe).join(' and ')} do not fit.`,
    );
  }
  const size = values.reduce((sum, value) => sum + dim(value, at), 0);
  return g.node1(
    'Concat',
    values,
    { axis: int(at) },
    { type: first.type, shape: first.shape.with(at, size) },
  );
}

/** Elements [start, end) of one axis. */
export function slice(g: GraphBuilder, x: Value, axis: number, start: number, end: number): Value {
  const at = axis < 0 ? axis + x.shape.length : axis;
  invariant(
    0 <= start && start < end && end <= dim(x, at),
    () => `Slice: [${start}, ${end}) of axis ${axis} is not inside ${describe(x)}.`,
  );
  if (end - start === dim(x, at)) return x;
  const operands = [int64s(g, [start]), int64s(g, [end]), int64s(g, [at])];
  return g.node1('Slice', [x, ...operands], {}, { type: x.type, shape: x.shape.with(at, end - start) });
}

/** Rows of `data` along an axis: the axis is replaced by the indices' shape. */
export function gather(g: GraphBuilder, data: Value, indices: Value, axis = 0): Value {
  const shape = [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)];
  return g.node1('Gather', [data, indices], { axis: int(axis) }, { type: data.type, shape });
}

export function expand(g: GraphBuilder, x: Value, shape: readonly number[]): Value {
  invariant(
    sameShape(broadcastShapes(x.shape, shape, 'Expand'), shape),
    () => `Expand: ${describe(x)} does not expand to [${shape.join(', ')}].`,
  );
  if (sameShape(shape, x.shape)) return x;
  return g.node1('Expand', [x, int64s(g, shape)], {}, { type: x.type, shape });
}

function reduce(g: GraphBuilder, opType: string, x: Value, axes: readonly number[], keep: boolean): Value {
  const at = new Set(axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis)));
  const shape = keep
    ? x.shape.map((size, axis) => (at.has(axis) ? 1 : size))
    : x.shape.filter((_, axis) => !at.has(axis));
  return g.node1(opType, [x, int64s(g, [...at])], { keepdims: int(keep ? 1 : 0) }, { type: x.type, shape });
}

export function reduceMean(g: GraphBuilder, x: Value, axes: readonly number[], keepDims = true): Value {
  return reduce(g, 'ReduceMean', x, axes, keepDims);
}

export function reduceSum(g: GraphBuilder, x: Value, axes: readonly number[], keepDims = true): Value {
  return reduce(g, 'ReduceSum', x, axes, keepDims);
}

/** TensorProto.DataType of the types a Cast may give. */
const CAST_TO: Readonly<Record<TensorType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

export function cast(g: GraphBuilder, x: Value, type: TensorType): Value {
  if (x.type === type) return x;
  return g.node1('Cast', [x], { to: int(CAST_TO[type]) }, { type, shape: x.shape });
}

export function where(g: GraphBuilder, condition: Value, a: Value, b: Value): Value {
  invariant(
    condition.type === 'bool' && a.type === b.type,
    () => `Where: condition ${describe(condition)}, ${describe(a)} or ${describe(b)}.`,
  );
  const shape = broadcastShapes(broadcastShapes(a.shape, b.shape, 'Where'), condition.shape, 'Where');
  return g.node1('Where', [condition, a, b], {}, { type: a.type, shape });
}

/** Constant padding: `before` and `after` give the added elements of every axis. */
export function pad(
  g: GraphBuilder,
  x: Value,
  before: readonly number[],
  after: readonly number[],
  value = 0,
): Value {
  const shape = x.shape.map((size, axis) => size + (before[axis] ?? 0) + (after[axis] ?? 0));
  const inputs = [x, int64s(g, [...before, ...after]), scalar(g, value, x.type)];
  return g.node1('Pad', inputs, { mode: string('constant') }, { type: x.type, shape });
}

/** The size of one axis; negative axes count from the end. */
export function dim(x: Value, axis: number): number {
  const size = x.shape.at(axis);
  return size ?? fail(`${describe(x)} has no axis ${axis}.`);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

function fail(message: string): never {
  invariant(false, () => message);
}
