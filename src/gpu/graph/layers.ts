import { AppError, invariant } from '../../shared/errors.ts';
import type { StoredComponent, StoredTensor } from '../../weights/types.ts';
import { int } from './attributes.ts';
import { elementCount, type GraphBuilder, type Value } from './graph.ts';
import * as ops from './ops.ts';

/**
 * Layers that read their weights from a pack. A layer at `path` uses the tensors `path.weight` and
 * `path.bias` under their checkpoint names, and emits what the stored kind asks for. Everything is
 * computed in `COMPUTE_TYPE`; weights of another type are converted when they are used.
 */
export const COMPUTE_TYPE = 'float32';

export interface BiasOption {
  /** Whether the layer has a bias; PyTorch's default is yes. */
  readonly bias?: boolean;
}

/** y = x·Wᵀ + b over the last axis: x [..., in] → [..., out]. */
export function linear(
  g: GraphBuilder,
  x: Value,
  component: StoredComponent,
  path: string,
  { bias = true }: BiasOption = {},
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
  const b = bias ? parameter(g, component, `${path}.bias`, [outSize]) : undefined;
  switch (weight.kind) {
    case 'dense': {
      if (weight.transposed) return addBias(g, ops.matMul(g, x, dense(g, component, weight)), b);
      // Gemm takes [out, in] as it lies; MatMul would need a transposed copy in memory.
      const rows = ops.reshape(g, x, [-1, inSize]);
      const product = ops.gemm(g, rows, dense(g, component, weight), b, true);
      return ops.reshape(g, product, [...x.shape.slice(0, -1), outSize]);
    }
    case 'matmul-nbits':
      return addBias(g, matMulNBits(g, x, component, weight, inSize, outSize), b);
    case 'conv-int8':
      throw wrongKind(component, weight, 'a linear layer');
  }
}

/** com.microsoft.MatMulNBits; `accuracy_level` stays unset, since 4 costs 4e-3 and is slower. */
function matMulNBits(
  g: GraphBuilder,
  x: Value,
  component: StoredComponent,
  weight: StoredTensor & { readonly kind: 'matmul-nbits' },
  inSize: number,
  outSize: number,
): Value {
  const blocks = Math.ceil(inSize / weight.block);
  const name = weightName(component, weight.name);
  const packed = [outSize, blocks, (weight.block * weight.bits) / 8];
  const data = g.externalWeight(name, 'uint8', packed, weight.data);
  const scales = g.externalWeight(`${name}.scales`, 'float32', [outSize * blocks], weight.scales);
  return g.node1(
    'MatMulNBits',
    [x, data, scales],
    { K: int(inSize), N: int(outSize), bits: int(weight.bits), block_size: int(weight.block) },
    { type: x.type, shape: [...x.shape.slice(0, -1), outSize] },
    ops.MICROSOFT,
  );
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
  const stored = storedTensor(component, `${path}.weight`);
  const weight = convWeight(g, x, component, stored);
  const b = bias ? parameter(g, component, `${path}.bias`, [ops.dim(weight, 0)]) : undefined;
  return ops.conv(g, x, weight, b, options);
}

function convWeight(g: GraphBuilder, x: Value, component: StoredComponent, stored: StoredTensor): Value {
  switch (stored.kind) {
    case 'dense':
      return dense(g, component, stored);
    case 'conv-int8': {
      const name = weightName(component, stored.name);
      const data = g.externalWeight(name, 'int8', stored.shape, stored.data);
      const channels = ops.dim(data, 0);
      const scales = g.externalWeight(`${name}.scales`, 'float32', [channels], stored.scales);
      return g.node1(
        'DequantizeLinear',
        [data, ops.add(g, scales, zeroAfter(g, x))],
        { axis: int(0) },
        { type: COMPUTE_TYPE, shape: stored.shape },
      );
    }
    case 'matmul-nbits':
      throw wrongKind(component, stored, 'a convolution');
  }
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
  const weight = parameter(g, component, `${path}.weight`, [channels]);
  const bias = parameter(g, component, `${path}.bias`, [channels]);
  return ops.layerNormalization(g, x, weight, bias, epsilon);
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
  const grouped = ops.reshape(g, x, [ops.dim(x, 0), groups, -1]);
  const normal = ops.reshape(g, ops.instanceNormalization(g, grouped, ones, zeros, epsilon), x.shape);
  const perChannel = [channels, ...x.shape.slice(2).map(() => 1)];
  const weight = ops.reshape(g, parameter(g, component, `${path}.weight`, [channels]), perChannel);
  const bias = ops.reshape(g, parameter(g, component, `${path}.bias`, [channels]), perChannel);
  return ops.add(g, ops.mul(g, normal, weight), bias);
}

/** Rows of the table `path.weight` [count, C]: ids int64 [...] → [..., C]. */
export function embedding(g: GraphBuilder, ids: Value, component: StoredComponent, path: string): Value {
  const stored = storedTensor(component, `${path}.weight`);
  if (stored.kind !== 'dense' || stored.transposed) throw wrongKind(component, stored, 'an embedding');
  const table = g.externalWeight(weightName(component, stored.name), stored.type, stored.shape, stored.data);
  // Converted before the look-up, when the session is made: WebGPU without `shader-f16` cannot gather float16.
  return ops.gather(g, ops.cast(g, table, COMPUTE_TYPE), ids);
}

/** A dense tensor under its own name, in its checkpoint shape, which must be `shape`. */
export function parameter(
  g: GraphBuilder,
  component: StoredComponent,
  name: string,
  shape: readonly number[],
): Value {
  const stored = storedTensor(component, name);
  if (stored.kind !== 'dense' || stored.transposed) throw wrongKind(component, stored, 'a plain parameter');
  if (!ops.sameShape(stored.shape, shape)) {
    throw new AppError(
      'bad-pack',
      `Tensor "${name}" of ${component.name} is [${stored.shape.join(', ')}], expected [${shape.join(', ')}].`,
    );
  }
  return dense(g, component, stored);
}

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

function dense(
  g: GraphBuilder,
  component: StoredComponent,
  stored: StoredTensor & { readonly kind: 'dense' },
): Value {
  const shape = stored.transposed ? stored.shape.toReversed() : stored.shape;
  const name = weightName(component, stored.name);
  const value = g.externalWeight(name, stored.type, shape, stored.data);
  return ops.cast(g, value, COMPUTE_TYPE);
}

/** Weights of several networks may meet in one graph. */
function weightName(component: StoredComponent, name: string): string {
  return `${component.name}:${name}`;
}

function wrongKind(component: StoredComponent, stored: StoredTensor, what: string): AppError {
  return new AppError(
    'bad-pack',
    `Tensor "${stored.name}" of ${component.name} is stored as ${stored.kind}, which cannot be the weight of ${what}.`,
  );
}
