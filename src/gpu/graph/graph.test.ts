import { describe, expect, it } from 'vitest';
import { createNodeRuntime } from '../runtime/node-runtime.ts';
import { hostTensor } from '../runtime/runtime.ts';
import { GraphBuilder } from './graph.ts';
import * as ops from './ops.ts';
import { evaluate, floats, relativeError } from './test-support-node.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('operators', () => {
  it('multiplies matrices with broadcast batches', async () => {
    const result = await evaluate(
      { a: floats([2, 2, 2], range(8)), b: floats([2, 2], [1, 2, 3, 4]) },
      (g, { a, b }) => ops.matMul(g, a, b),
    );
    expect(result).toEqual({ shape: [2, 2, 2], data: [3, 4, 11, 16, 19, 28, 27, 40] });
  });

  it('computes Gemm with a transposed right side and a bias', async () => {
    const result = await evaluate(
      { a: floats([1, 2], [1, 2]), b: floats([3, 2], range(6)), c: floats([3], [10, 20, 30]) },
      (g, { a, b, c }) => ops.gemm(g, a, b, c, true),
    );
    expect(result).toEqual({ shape: [1, 3], data: [12, 28, 44] });
  });

  it('broadcasts scalars and reuses equal constants', async () => {
    const result = await evaluate({ x: floats([2, 2], [1, 2, 3, 4]) }, (g, { x }) => {
      const before = g.nodeCount;
      const y = ops.sub(g, ops.mul(g, ops.add(g, x, 1), 2), 1);
      expect(g.nodeCount - before).toBe(3);
      expect(ops.scalar(g, 2)).toBe(ops.scalar(g, 2));
      return y;
    });
    expect(result.data).toEqual([3, 5, 7, 9]);
  });

  it('moves data: reshape, transpose, slice, concat, pad, gather, expand', async () => {
    const result = await evaluate({ x: floats([2, 6], range(12)) }, (g, { x }) => {
      const cube = ops.transpose(g, ops.reshape(g, x, [2, 3, -1]), [2, 0, 1]);
      expect(cube.shape).toEqual([2, 2, 3]);
      const swapped = ops.concat(g, [ops.slice(g, cube, -1, 1, 3), ops.slice(g, cube, -1, 0, 1)], -1);
      const row = ops.slice(g, ops.reshape(g, swapped, [4, 3]), 0, 1, 3);
      const picked = ops.gather(g, row, g.constant('int64', [1], BigInt64Array.of(1n)));
      return ops.pad(g, ops.expand(g, picked, [2, 3]), [0, 1], [0, 0], 9);
    });
    expect(result).toEqual({ shape: [2, 4], data: [9, 3, 5, 1, 9, 3, 5, 1] });
  });

  it('computes activations as their formulas say', async () => {
    const points = [-3, -1, -0.25, 0, 0.5, 2];
    const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
    const at = (build: typeof ops.silu): ReturnType<typeof evaluate> =>
      evaluate({ x: floats([6], points) }, (g, { x }) => build(g, x));
    expect(
      relativeError(
        (await at(ops.silu)).data,
        points.map((x) => x * sigmoid(x)),
      ),
    ).toBeLessThan(1e-6);
    const quick = points.map((x) => x * sigmoid(1.702 * x));
    expect(relativeError((await at(ops.quickGelu)).data, quick)).toBeLessThan(1e-6);
    // x·Φ(x) with Φ from tables of the normal distribution.
    const exact = [-0.0040496941, -0.1586552539, -0.1003234145, 0, 0.3457312306, 1.9544997361];
    expect(relativeError((await at(ops.gelu)).data, exact)).toBeLessThan(1e-6);
  });

  it('normalises over channels and over instances', async () => {
    const x = floats([1, 2, 2], [1, 3, 10, 14]);
    const affine = { scale: floats([2], [1, 2]), bias: floats([2], [0, 1]) };
    const layer = await evaluate({ x, ...affine }, (g, v) =>
      ops.layerNormalization(g, v.x, v.scale, v.bias, 0),
    );
    expect(layer.data).toEqual([-1, 3, -1, 3]);
    const instance = await evaluate({ x, ...affine }, (g, v) =>
      ops.instanceNormalization(g, v.x, v.scale, v.bias, 0),
    );
    expect(relativeError(instance.data, [-1, 1, -1, 3])).toBeLessThan(1e-6);
  });

  it('convolves with stride and padding and doubles pictures', async () => {
    const result = await evaluate(
      { x: floats([1, 1, 2, 2], [1, 2, 3, 4]), w: floats([1, 1, 3, 3], Array<number>(9).fill(1)) },
      (g, { x, w }) => ops.conv(g, ops.resizeNearest2x(g, x), w, undefined, { stride: 2, padding: 1 }),
    );
    expect(result).toEqual({ shape: [1, 1, 2, 2], data: [4, 10, 14, 27] });
  });

  it('chooses, compares, casts and reduces', async () => {
    const result = await evaluate({ x: floats([2, 2], [1, -2, 3, -2]) }, (g, { x }) => {
      const chosen = ops.where(g, ops.equal(g, x, -2), ops.scalar(g, 7), ops.max(g, x, 2));
      const whole = ops.cast(g, ops.cast(g, chosen, 'int64'), 'float32');
      return ops.concat(g, [ops.reduceSum(g, whole, [1]), ops.reduceMean(g, whole, [-1])], 1);
    });
    expect(result).toEqual({ shape: [2, 2], data: [9, 4.5, 10, 5] });
  });

  it('rejects operands that do not fit, where the graph is built', () => {
    const g = new GraphBuilder('bad');
    const a = g.input('a', 'float32', [2, 3]);
    const b = g.input('b', 'float32', [2, 4]);
    expect(() => ops.matMul(g, a, b)).toThrow('MatMul: float32 [2, 3] times float32 [2, 4]');
    expect(() => ops.add(g, a, b)).toThrow('do not broadcast');
    expect(() => ops.reshape(g, a, [4, -1])).toThrow('does not fit');
    expect(() => ops.slice(g, a, 1, 2, 4)).toThrow('not inside');
    expect(() => ops.add(new GraphBuilder('other'), a, a)).toThrow('a value of another graph');
  });
});

describe('weights outside the model', () => {
  it('reads external initializers at their offsets', async () => {
    const bytes = new Uint8Array(128);
    new Float32Array(bytes.buffer, 64, 4).set([1, 2, 3, 4]);
    const result = await evaluate(
      { x: floats([1, 2], [1, 10]) },
      (g, { x }) => {
        const range = { shard: 'weights/a.bin', byteOffset: 64, byteLength: 16 };
        return ops.matMul(g, x, g.externalWeight('w', 'float32', [2, 2], range));
      },
      (shard) => Promise.resolve(shard === 'weights/a.bin' ? bytes : new Uint8Array()),
    );
    expect(result.data).toEqual([31, 42]);
  });

  it('refuses a range of the wrong length', () => {
    const g = new GraphBuilder('bad');
    expect(() =>
      g.externalWeight('w', 'float32', [2, 2], { shard: 'a', byteOffset: 0, byteLength: 8 }),
    ).toThrow('needs 16 bytes');
  });
});

describe('sessions', () => {
  it('name the port of a wrong, missing or unknown input', async () => {
    const runtime = createNodeRuntime({ threads: 1 });
    const g = new GraphBuilder('ports');
    const ids = g.input('ids', 'int64', [2]);
    g.output(ids, 'same');
    g.output(ids, 'again');
    const session = await runtime.createSession(g.build(), () => Promise.reject(new Error('no shards')));
    const good = hostTensor('int64', [2], BigInt64Array.of(5n, -1n));
    const { same, again } = await session.run({ ids: good });
    expect(same).toMatchObject({ type: 'int64', shape: [2], data: good.data });
    expect(again).toMatchObject({ data: good.data });
    await expect(session.run({})).rejects.toThrow('needs the input "ids"');
    await expect(session.run({ ids: floats([2], [1, 2]) })).rejects.toThrow('got float32 [2]');
    await expect(session.run({ ids: good, more: good })).rejects.toThrow('no input "more"');
    await session.dispose();
    await session.dispose();
    await runtime.dispose();
  });
});
