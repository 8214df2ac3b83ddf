import { describe, expect, it } from 'vitest';
import { createRandom } from '../shared/random.ts';
import { BLOCK } from './kernels.ts';
import { quantizeConv, quantizeLinear, transposeBytes } from './quantize.ts';

function randomWeight(length: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => random.uniform(-1, 1) ** 3);
}

/** What MatMulNBits computes from its operands, written down from the operator's definition. */
function dequantize(
  { data, scales }: { data: Uint8Array; scales: Float32Array },
  outSize: number,
  inSize: number,
  bits: 4 | 8,
): number[] {
  const blocks = scales.length / outSize;
  return Array.from({ length: outSize * inSize }, (_, index) => {
    const row = Math.floor(index / inSize);
    const column = index % inSize;
    const block = row * blocks + Math.floor(column / BLOCK);
    const place = block * BLOCK + (column % BLOCK);
    const byte = data[bits === 8 ? place : place >> 1] ?? 0;
    const code = bits === 8 ? byte : place % 2 === 0 ? byte & 15 : byte >> 4;
    return (code - 2 ** (bits - 1)) * (scales[block] ?? 0);
  });
}

describe('quantizeLinear', () => {
  it.each([
    { bits: 4, inSize: 64 },
    { bits: 4, inSize: 50 },
    { bits: 8, inSize: 64 },
    { bits: 8, inSize: 50 },
    { bits: 8, inSize: 3 },
  ] as const)('is within a step of every value: $bits bits, $inSize inputs', ({ bits, inSize }) => {
    const outSize = 5;
    const weight = randomWeight(outSize * inSize, 1);
    const packed = quantizeLinear(weight, outSize, inSize, bits);
    const blocks = Math.ceil(inSize / BLOCK);
    expect(packed.scales).toHaveLength(outSize * blocks);
    expect(packed.data).toHaveLength((outSize * blocks * BLOCK * bits) / 8);
    const back = dequantize(packed, outSize, inSize, bits);
    const worst = [...weight].map((value, index) => {
      const row = Math.floor(index / inSize);
      const block = row * blocks + Math.floor((index % inSize) / BLOCK);
      return Math.abs(value - (back[index] ?? NaN)) / Math.abs(packed.scales[block] ?? NaN);
    });
    // Half a step, or one where the value is the mirror of the block's extreme, which has no code.
    expect(Math.max(...worst)).toBeLessThanOrEqual(1 + 1e-4);
    expect(worst.filter((steps) => steps > 0.5 + 1e-4).length).toBeLessThan(weight.length / 20);
  });

  it.each([4, 8] as const)('keeps the extreme of a block exact at %i bits', (bits) => {
    const weight = randomWeight(BLOCK, 2);
    weight[7] = 1.5;
    const positive = dequantize(quantizeLinear(weight, 1, BLOCK, bits), 1, BLOCK, bits);
    expect(positive[7]).toBe(1.5);
    weight[7] = -1.5;
    const negative = dequantize(quantizeLinear(weight, 1, BLOCK, bits), 1, BLOCK, bits);
    expect(negative[7]).toBe(-1.5);
  });

  it('fills the last block with zeros, not with the next row', () => {
    const { data } = quantizeLinear(
      Float32Array.from({ length: 80 }, () => 1),
      2,
      40,
      8,
    );
    const padding = data.subarray(BLOCK + 8, 2 * BLOCK);
    expect([...padding]).toEqual(Array.from({ length: 24 }, () => 128));
  });

  it('keeps a block of zeros zero', () => {
    const { data, scales } = quantizeLinear(new Float32Array(BLOCK), 1, BLOCK, 4);
    expect([...scales]).toEqual([0]);
    expect([...data]).toEqual(Array.from({ length: 16 }, () => 0x88));
  });

  it('puts the earlier of two 4-bit values into the low half', () => {
    const weight = new Float32Array(BLOCK);
    weight[0] = -8;
    weight[1] = 3;
    const { data } = quantizeLinear(weight, 1, BLOCK, 4);
    expect(data[0]).toBe((3 + 8) * 16);
  });
});

describe('quantizeConv', () => {
  it('is within half a step of every value, with one scale a channel', () => {
    const weight = randomWeight(4 * 18, 3);
    weight.fill(0, 18, 36);
    const { data, scales } = quantizeConv(weight, 4);
    expect(scales).toHaveLength(4);
    for (const [index, value] of weight.entries()) {
      const scale = scales[Math.floor(index / 18)] ?? NaN;
      expect(Math.abs(value - (data[index] ?? NaN) * scale)).toBeLessThanOrEqual(scale * 0.5001);
    }
  });
});

describe('transposeBytes', () => {
  it.each([
    [2, Uint16Array.of(1, 2, 3, 4, 5, 6), Uint16Array.of(1, 4, 2, 5, 3, 6)],
    [4, Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(1, 4, 2, 5, 3, 6)],
    [8, Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(1, 4, 2, 5, 3, 6)],
  ])('turns rows into columns of %i bytes an element', (elementBytes, rows, columns) => {
    expect(transposeBytes(new Uint8Array(rows.buffer), 2, 3, elementBytes)).toEqual(
      new Uint8Array(columns.buffer),
    );
  });
});
