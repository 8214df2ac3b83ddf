import { describe, expect, it } from 'vitest';
import { referenceAttention } from '../runtime/reference-maths.ts';
import { keyValueAttention, multiHeadAttention } from './attention.ts';
import { evaluate, floats, relativeError } from './test-support-node.ts';

const [heads, queries, keys, depth] = [2, 5, 3, 4];
const width = heads * depth;
const wave = (count: number, phase: number): number[] =>
  Array.from({ length: count }, (_, index) => Math.sin(1.7 * index + phase));
const q = wave(queries * width, 0);
const k = wave(keys * width, 1);
const v = wave(keys * width, 2);
const bias = wave(queries * keys, 3);

describe('multi-head attention', () => {
  const inputs = {
    q: floats([1, queries, width], q),
    k: floats([1, keys, width], k),
    v: floats([1, keys, width], v),
    bias: floats([1, 1, queries, keys], bias),
  };
  const settings = { fused: false, maxScoreBytes: 1 << 20 };
  it.each([
    ['in one piece', settings],
    ['in chunks of two queries', { fused: false, maxScoreBytes: heads * 2 * keys * 4 }],
    ['by the fused operator', { ...settings, fused: true }],
  ])('%s equals the formula', async (_, chosen) => {
    const y = await evaluate(inputs, (g, x) =>
      multiHeadAttention(g, x.q, x.k, x.v, { heads, settings: chosen, bias: x.bias }),
    );
    expect(y.shape).toEqual([1, queries, width]);
    expect(
      relativeError(y.data, referenceAttention(q, k, v, { batch: 1, heads, queries, keys, depth }, bias)),
    ).toBeLessThan(1e-6);
  });
});

describe('attention over keys and values that are per head already', () => {
  const perHead = (rows: readonly number[], count: number): number[] =>
    Array.from({ length: heads * count * depth }, (_, at) => {
      const [head, token, channel] = [
        Math.floor(at / (count * depth)),
        Math.floor(at / depth) % count,
        at % depth,
      ];
      return rows[token * width + head * depth + channel] ?? NaN;
    });
  const inputs = {
    q: floats([1, queries, width], q),
    k: floats([1, heads, keys, depth], perHead(k, keys)),
    v: floats([1, heads, keys, depth], perHead(v, keys)),
    bias: floats([1, 1, queries, keys], bias),
  };

  it.each([
    ['written out', false],
    ['by the fused operator', true],
  ])('%s equals the formula, with and without a bias', async (_, fused) => {
    const settings = { fused, maxScoreBytes: 1 << 20 };
    const sizes = { batch: 1, heads, queries, keys, depth };
    const biased = await evaluate(inputs, (g, x) =>
      keyValueAttention(g, x.q, x.k, x.v, { settings, bias: x.bias }),
    );
    expect(relativeError(biased.data, referenceAttention(q, k, v, sizes, bias))).toBeLessThan(1e-6);
    const unbiased = { q: inputs.q, k: inputs.k, v: inputs.v };
    const plain = await evaluate(unbiased, (g, x) => keyValueAttention(g, x.q, x.k, x.v, { settings }));
    expect(relativeError(plain.data, referenceAttention(q, k, v, sizes))).toBeLessThan(1e-6);
  });
});
