import { describe, expect, it } from 'vitest';
import { createRandom } from '../shared/random.ts';
import { BLOCK, decodeHalves, quantizeBlocks } from './kernels.ts';
import { halfToFloat } from './test-support.ts';

/** One block as `quantizeLinear` describes it, value by value in float64. */
function quantizedBlock(values: readonly number[], bits: 4 | 8): { codes: number[]; scale: number } {
  const zero = 2 ** (bits - 1);
  const magnitude = Math.max(...values.map(Math.abs));
  // A tie of magnitudes counts as positive.
  const largest = values.includes(magnitude) ? magnitude : -magnitude;
  const scale = Math.fround(largest / -zero);
  const code = (value: number): number =>
    Math.min(Math.trunc(value * (1 / scale) + zero + 0.5), 2 * zero - 1);
  return scale === 0 ? { codes: values.map(() => zero), scale: 0 } : { codes: values.map(code), scale };
}

function packed(codes: readonly number[], bits: 4 | 8): number[] {
  return bits === 8
    ? [...codes]
    : codes.flatMap((low, at) => (at % 2 === 0 ? [low | ((codes[at + 1] ?? 0) << 4)] : []));
}

/** Blocks of every kind: usual values, ties of rounding and of magnitude, tiny ones, zeros. */
function someBlocks(): Float32Array {
  const random = createRandom(7);
  const block = (value: (at: number) => number): number[] =>
    Array.from({ length: BLOCK }, (_, at) => value(at));
  return Float32Array.from([
    ...Array.from({ length: 600 }, (_, index) =>
      block(() => random.uniform(-1, 1) ** 3 * 2 ** ((index % 60) - 30)),
    ).flat(),
    ...block((at) => (at - 16) / 2),
    ...block((at) => (at === 3 ? -8 : at === 9 ? 8 : 0.5)),
    ...block((at) => -((at % 9) + 0.5)),
    ...block(() => 0),
    ...block((at) => at * 2 ** -149),
  ]);
}

describe('the kernels', () => {
  it.each([4, 8] as const)('quantize to %i bits as the definition does, code by code', (bits) => {
    const values = someBlocks();
    const blocks = values.length / BLOCK;
    const expected = Array.from({ length: blocks }, (_, block) =>
      quantizedBlock([...values.subarray(block * BLOCK, (block + 1) * BLOCK)], bits),
    );
    const data = new Uint8Array(((blocks + 2) * BLOCK * bits) / 8).fill(7);
    const scales = new Float32Array(blocks + 2).fill(7);
    quantizeBlocks(values, bits, data, scales, 1);
    const blockBytes = (BLOCK * bits) / 8;
    expect([...scales]).toEqual([7, ...expected.map(({ scale }) => scale), 7]);
    expect([...data.subarray(blockBytes, -blockBytes)]).toEqual(
      expected.flatMap(({ codes }) => packed(codes, bits)),
    );
    expect([data[blockBytes - 1], data.at(-blockBytes)]).toEqual([7, 7]);
  });

  it('refuse a part of a block', () => {
    expect(() => {
      quantizeBlocks(new Float32Array(BLOCK + 1), 4, new Uint8Array(64), new Float32Array(4), 0);
    }).toThrow('no whole blocks');
  });

  it('decode every half, and say whether all are finite', () => {
    const bits = Uint16Array.from({ length: 0x10000 }, (_, pattern) => pattern);
    const values = new Float32Array(bits.length);
    expect(decodeHalves(bits, values)).toBe(false);
    const wrong = [...bits].filter((pattern) => !Object.is(values[pattern], halfToFloat(pattern)));
    expect(wrong).toEqual([]);
    const finite = bits.filter((pattern) => (pattern & 0x7fff) < 0x7c00);
    expect(decodeHalves(finite, new Float32Array(finite.length))).toBe(true);
  });

  it.each([0, 1, 7, 9, 16385])('decode %i halves and nothing behind them', (length) => {
    // What an earlier call left in the kernels' memory must not count.
    decodeHalves(new Uint16Array(16).fill(0x7c00), new Float32Array(16));
    const values = new Float32Array(length);
    expect(decodeHalves(new Uint16Array(length).fill(0x3c00), values)).toBe(true);
    expect(values.every((value) => value === 1)).toBe(true);
  });
});
