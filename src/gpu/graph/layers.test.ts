import { describe, expect, it } from 'vitest';
import { hostTensor } from '../runtime/runtime.ts';
import { GraphBuilder } from './graph.ts';
import { addLayerNorm, conv2d, embedding, groupNorm, layerNorm, linear } from './layers.ts';
import { componentOf, evaluate, floats, relativeError, ShardFixture } from './test-support-node.ts';

const x = floats([1, 2, 2], [1, 2, 3, 4]);

describe('linear layers', () => {
  it('give the same numbers for every dense way of storing', async () => {
    const shard = new ShardFixture();
    const bias = shard.dense('p.bias', [3], [10, 20, 30]);
    const plain = shard.dense('p.weight', [3, 2], [1, 2, 3, 4, 5, 6]);
    const transposedData = shard.append(Float32Array.of(1, 3, 5, 2, 4, 6));
    // float16 bit patterns of 1, 3, 5, 2, 4, 6
    const halfData = shard.append(Uint16Array.of(0x3c00, 0x4200, 0x4500, 0x4000, 0x4400, 0x4600));
    const shared = { kind: 'dense', name: 'p.weight', shape: [3, 2], transposed: true } as const;
    const ways = [
      plain,
      { ...shared, type: 'float32', data: transposedData } as const,
      { ...shared, type: 'float16', data: halfData } as const,
    ];
    for (const weight of ways) {
      const component = componentOf(weight, bias);
      const y = await evaluate({ x }, (g, v) => linear(g, v.x, component, 'p'), shard.readShard);
      expect(y).toEqual({ shape: [1, 2, 3], data: [15, 31, 47, 21, 45, 69] });
      const bare = await evaluate(
        { x },
        (g, v) => linear(g, v.x, component, 'p', { bias: false }),
        shard.readShard,
      );
      expect(bare.data).toEqual([5, 11, 17, 11, 25, 39]);
      const part = await evaluate(
        { x },
        (g, v) => linear(g, v.x, component, 'p', { rows: [1, 3] }),
        shard.readShard,
      );
      expect(part).toEqual({ shape: [1, 2, 2], data: [31, 47, 45, 69] });
    }
  });

  it('multiply by 8-bit and 4-bit block weights', async () => {
    const inSize = 40;
    const input = Array.from({ length: inSize }, (_, index) => Math.sin(index));
    const quantized = Array.from({ length: 2 * inSize }, (_, index) => ((index * 7) % 15) - 7);
    const scales = [0.5, 0.25, 2, 1];
    const scaleOf = (row: number, column: number): number => scales[row * 2 + Math.floor(column / 32)] ?? 0;
    const expected = [0, 1].map((row) =>
      input.reduce((sum, value, k) => sum + value * (quantized[row * inSize + k] ?? 0) * scaleOf(row, k), 0),
    );
    for (const bits of [8, 4] as const) {
      const shard = new ShardFixture();
      const rows = Array.from({ length: 2 * 64 }, (_, index) => {
        const [row, column] = [Math.floor(index / 64), index % 64];
        return (column < inSize ? (quantized[row * inSize + column] ?? 0) : 0) + 2 ** (bits - 1);
      });
      const bytes =
        bits === 8 ? rows : rows.flatMap((low, i) => (i % 2 === 0 ? [low + 16 * (rows[i + 1] ?? 0)] : []));
      const weight = {
        kind: 'matmul-nbits',
        name: 'p.weight',
        shape: [2, inSize],
        bits,
        block: 32,
        data: shard.append(Uint8Array.from(bytes)),
        scales: shard.append(Float32Array.from(scales)),
      } as const;
      const y = await evaluate(
        { x: floats([1, inSize], input) },
        (g, v) => linear(g, v.x, componentOf(weight), 'p', { bias: false }),
        shard.readShard,
      );
      expect(y.shape).toEqual([1, 2]);
      expect(relativeError(y.data, expected)).toBeLessThan(1e-6);
      const second = await evaluate(
        { x: floats([1, inSize], input) },
        (g, v) => linear(g, v.x, componentOf(weight), 'p', { bias: false, rows: [1, 2] }),
        shard.readShard,
      );
      expect(relativeError(second.data, expected.slice(1))).toBeLessThan(1e-6);
    }
  });

  it('refuse weights that are missing or of another width', () => {
    const g = new GraphBuilder('bad');
    const value = g.input('x', 'float32', [1, 3]);
    const weight = new ShardFixture().dense('p.weight', [3, 2], [1, 2, 3, 4, 5, 6]);
    expect(() => linear(g, value, componentOf(weight), 'p')).toThrow(
      'gets 3 channels, but its weight is [3, 2]',
    );
    expect(() => linear(g, value, componentOf(weight), 'q')).toThrow('no tensor "q.weight"');
  });
});

describe('convolutions', () => {
  it('dequantize 8-bit weights per output channel, also after a picture with NaN', async () => {
    const shard = new ShardFixture();
    const weight = {
      kind: 'conv-int8',
      name: 'c.weight',
      shape: [2, 1, 1, 1],
      data: shard.append(Int8Array.of(-4, 100)),
      scales: shard.append(Float32Array.of(0.5, 0.01)),
    } as const;
    const component = componentOf(weight, shard.dense('c.bias', [2], [1, 0]));
    const run = (pixels: readonly number[]): ReturnType<typeof evaluate> =>
      evaluate(
        { x: floats([1, 1, 1, 2], pixels) },
        (g, v) => conv2d(g, v.x, component, 'c'),
        shard.readShard,
      );
    const y = await run([1, 3]);
    expect(y.shape).toEqual([1, 2, 1, 2]);
    expect(relativeError(y.data, [-1, -5, 1, 3])).toBeLessThan(1e-6);
    expect((await run([Number.NaN, 3])).data[1]).toBe(-5);
    expect((await run([Number.POSITIVE_INFINITY, 3])).data[1]).toBe(-5);
  });
});

describe('norms and embeddings', () => {
  it('normalise groups of channels and scale each channel', async () => {
    const shard = new ShardFixture();
    const component = componentOf(shard.dense('n.weight', [2], [1, 2]), shard.dense('n.bias', [2], [0, 1]));
    const y = await evaluate(
      { x: floats([1, 2, 1, 2], [1, 1, 3, 3]) },
      (g, v) => groupNorm(g, v.x, component, 'n', { groups: 1, epsilon: 0 }),
      shard.readShard,
    );
    expect(relativeError(y.data, [-1, -1, 3, 3])).toBeLessThan(1e-6);
    const rows = await evaluate(
      { x },
      (g, v) => layerNorm(g, v.x, component, 'n', { epsilon: 0 }),
      shard.readShard,
    );
    expect(relativeError(rows.data, [-1, 3, -1, 3])).toBeLessThan(1e-6);
  });

  it('normalise a residual sum and hand the sum on', async () => {
    const shard = new ShardFixture();
    const component = componentOf(shard.dense('n.weight', [2], [1, 2]), shard.dense('n.bias', [2], [0, 1]));
    const inputs = { x: floats([2, 2], [1, 2, 3, 4]), skip: floats([2, 2], [1, 4, -1, 0]) };
    const part = (name: 'sum' | 'normal'): ReturnType<typeof evaluate> =>
      evaluate(
        inputs,
        (g, v) => addLayerNorm(g, v.x, v.skip, component, 'n', { epsilon: 0 })[name],
        shard.readShard,
      );
    expect((await part('sum')).data).toEqual([2, 6, 2, 4]);
    expect(relativeError((await part('normal')).data, [-1, 3, -1, 3])).toBeLessThan(1e-6);
  });

  it('look rows up', async () => {
    const shard = new ShardFixture();
    const component = componentOf(shard.dense('e.weight', [3, 2], [0, 1, 2, 3, 4, 5]));
    const y = await evaluate(
      { ids: hostTensor('int64', [1, 2], BigInt64Array.of(2n, 0n)) },
      (g, v) => embedding(g, v.ids, component, 'e'),
      shard.readShard,
    );
    expect(y).toEqual({ shape: [1, 2, 2], data: [4, 5, 0, 1] });
  });
});
