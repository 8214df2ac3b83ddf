import { AppError, invariant } from '../../shared/errors.ts';
import type { StoredComponent } from '../../weights/types.ts';
import { int } from './attributes.ts';
import type { TensorType } from '../runtime/runtime.ts';
import type { GraphBuilder, Value } from './graph.ts';
import * as ops from './ops.ts';
import {
  blockWeight,
  convWeightAfter,
  denseWeight,
  type RowRange,
  storedTensor,
  wrongKind,
} from './stored-weights.ts';

/**
 * Layers that read their weights from a pack. A layer at `path` uses the tensors `path.weight` and
 * `path.bias` under their checkpoint names, and emits what the stored kind asks for. Everything is computed in the type of the layer's input.
 */

export interface BiasOption {
  /** Whether the layer has a bias; PyTorch's default is yes. */
  readonly bias?: boolean;
}

export interface LinearOptions extends BiasOption {
  /** Only these outputs; all of them if absent. */
  readonly rows?: RowRange;
}

/** y = x·Wᵀ + b over the last axis: x [..., in] → [..., out]. */
export function linear(
  g: GraphBuilder,
  x: Value,
  component: StoredComponent,
  path: string,
  { bias = true, rows }: LinearOptions = {},
): Value {
  const weight = storedTensor(component, `${path}.weight`);
  const [outSize, inSize] = weight.shape;
  if (
    weight.shape.length !== 2 ||
    outSize === undefined ||
    inSize === undefined ||
    ops.dim(x, -1) !== inSize
  ) {
    throw new AppError(
      'bad-pack',
      `Linear layer "${path}" of ${component.name} gets ${ops.dim(x, -1)} channels, but its weight is ` +
        `[${weight.shape.join(', ')}] (out, in).`,
    );
  }
  const [start, end] = rows ?? [0, outSize];
  const b = bias
    ? ops.slice(g, parameter(g, component, `${path}.bias`, [outSize], x.type), 0, start, end)
    : undefined;
  switch (weight.kind) {
    case 'dense': {
      const w = denseWeight(g, component, weight, x.type);
      // What is cut from an initializer is cut once, when the session is made.
      if (weight.transposed) return addBias(g, ops.matMul(g, x, ops.slice(g, w, 1, start, end)), b);
      return timesTransposed(g, x, ops.slice(g, w, 0, start, end), b);
    }
    case 'matmul-nbits': {
      const { codes, scales } = blockWeight(g, component, weight, [start, end]);
      // `accuracy_level` stays unset, since 4 costs 4e-3 and is slower.
      const product = g.node1(
        'MatMulNBits',
        [x, codes, ops.cast(g, scales, x.type)],
        { K: int(inSize), N: int(end - start), bits: int(weight.bits), block_size: int(weight.block) },
        { type: x.type, shape: [...x.shape.slice(0, -1), end - start] },
        ops.MICROSOFT,
      );
      return addBias(g, product, b);
    }
    case 'conv-int8':
      throw wrongKind(component, weight, 'a linear layer');
  }
}

/** x·Wᵀ + b with W as it lies, [out, in]: Gemm takes it so, MatMul would need a turned copy in memory. */
function timesTransposed(g: GraphBuilder, x: Value, weight: Value, bias: Value | undefined): Value {
  const rows = ops.reshape(g, x, [-1, ops.dim(x, -1)]);
  const product = ops.gemm(g, rows, weight, bias, true);
  return ops.reshape(g, product, [...x.shape.slice(0, -1), ops.dim(weight, 0)]);
}

function addBias(g: GraphBuilder, x: Value, bias: Value | undefined): Value {
  return bias === undefined ? x : ops.add(g, x, bias);
}

/** x [B,in,H,W] → [B,out,H',W']. */
export function conv2d(
  g: GraphBuilder,
  x: Value,
  component: StoredComponent,
  path: string,
  { bias = true, ...options }: BiasOption & ops.ConvOptions = {},
): Value {
  const weight = convWeight(g, x, component, `${path}.weight`);
  const b = bias ? parameter(g, component, `${path}.bias`, [ops.dim(weight, 0)], x.type) : undefined;
  return ops.conv(g, x, weight, b, options);
}

function convWeight(g: GraphBuilder, x: Value, component: StoredComponent, name: string): Value {
  const stored = storedTensor(component, name);
  switch (stored.kind) {
    case 'dense':
      return denseWeight(g, component, stored, x.type);
    case 'conv-int8':
      return convWeightAfter(g, component, stored, x);
    case 'matmul-nbits':
      throw wrongKind(component, stored, 'a convolution');
  }
}

export interface NormOptions {
  readonly epsilon: number;
}

/** Over the last axis, with weight and bias [C]. */
export function layerNorm(
  g: GraphBuilder,
  x: Value,
  component: StoredComponent,
  path: string,
  { epsilon }: NormOptions,
): Value {
  const channels = ops.dim(x, -1);
  const weight = parameter(g, component, `${path}.weight`, [channels], x.type);
  const bias = parameter(g, component, `${path}.bias`, [channels], x.type);
  return ops.layerNormalization(g, x, weight, bias, epsilon);
}

/** Two values of {@link addLayerNorm}, both of the input's shape. */
export interface AddedNorm {
  readonly sum: Value;
  readonly normal: Value;
}

/** LayerNorm of a residual sum, and the sum itself, as one kernel: x + skip over the last axis. */
export function addLayerNorm(
  g: GraphBuilder,
  x: Value,
  skip: Value,
  component: StoredComponent,
  path: string,
  { epsilon }: NormOptions,
): AddedNorm {
  const channels = ops.dim(x, -1);
  const weight = parameter(g, component, `${path}.weight`, [channels], x.type);
  const bias = parameter(g, component, `${path}.bias`, [channels], x.type);
  return ops.skipLayerNormalization(g, x, skip, weight, bias, epsilon);
}

/**
 * x [B,C,...], normalised per sample over each of `groups` groups of channels, then scaled per channel.
 * Written with InstanceNormalization, which both providers compute correctly; GroupNormalization leaves
 * shape arithmetic in the graph.
 */
export function groupNorm(
  g: GraphBuilder,
  x: Value,
  component: StoredComponent,
  path: string,
  { groups, epsilon }: NormOptions & { readonly groups: number },
): Value {
  const channels = ops.dim(x, 1);
  invariant(channels % groups === 0, () => `GroupNorm "${path}": ${channels} channels, ${groups} groups.`);
  const ones = g.constant('float32', [groups], new Float32Array(groups).fill(1));
  const zeros = g.constant('float32', [groups], new Float32Array(groups));
  // In float32 whatever comes in: the squares of a group's sum leave float16's range.
  const grouped = ops.reshape(g, ops.cast(g, x, 'float32'), [ops.dim(x, 0), groups, -1]);
  const normal = ops.reshape(g, ops.instanceNormalization(g, grouped, ones, zeros, epsilon), x.shape);
  const perChannel = [channels, ...x.shape.slice(2).map(() => 1)];
  const weight = ops.reshape(g, parameter(g, component, `${path}.weight`, [channels]), perChannel);
  const bias = ops.reshape(g, parameter(g, component, `${path}.bias`, [channels]), perChannel);
  return ops.cast(g, ops.add(g, ops.mul(g, normal, weight), bias), x.type);
}

/** Rows of the table `path.weight` [count, C]: ids int64 [...] → [..., C]. */
export function embedding(g: GraphBuilder, ids: Value, component: StoredComponent, path: string): Value {
  const stored = storedTensor(component, `${path}.weight`);
  if (stored.kind !== 'dense' || stored.transposed) throw wrongKind(component, stored, 'an embedding');
  // Converted before the look-up, when the session is made: WebGPU without `shader-f16` cannot gather float16.
  return ops.gather(g, denseWeight(g, component, stored, 'float32'), ids);
}

/** A dense tensor under its own name, in its checkpoint shape, which must be `shape`. */
export function parameter(
  g: GraphBuilder,
  component: StoredComponent,
  name: string,
  shape: readonly number[],
  type: TensorType = 'float32',
): Value {
  const stored = storedTensor(component, name);
  if (stored.kind !== 'dense' || stored.transposed) throw wrongKind(component, stored, 'a plain parameter');
  if (!ops.sameShape(stored.shape, shape)) {
    throw new AppError(
      'bad-pack',
      `Tensor "${name}" of ${component.name} is [${stored.shape.join(', ')}], expected [${shape.join(', ')}].`,
    );
  }
  return denseWeight(g, component, stored, type);
}
