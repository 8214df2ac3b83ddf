import { describe, expect, it } from 'vitest';
import { createRandom } from '../shared/random.ts';
import { decodeLinear } from './decode.ts';
import { BLOCK } from './kernels.ts';
import { quantizeLinearZeroPoint } from './quantize-zero-point.ts';

function roundTrip(weight: Float32Array, outSize: number, inSize: number, bits: 4 | 8): Float32Array {
  const values = new Float32Array(weight.length);
  const shape = [outSize, inSize];
  decodeLinear(values, quantizeLinearZeroPoint(weight, outSize, inSize, bits), { shape, bits, block: BLOCK });
  return values;
}

describe('quantization with a free zero point', () => {
  it.each([
    { bits: 4, inSize: 64 },
    { bits: 4, inSize: 50 },
    { bits: 8, inSize: 50 },
  ] as const)('is within a step of every value: $bits bits, $inSize inputs', ({ bits, inSize }) => {
    const random = createRandom(1);
    const weight = Float32Array.from({ length: 4 * inSize }, () => random.uniform(-1, 2) ** 3);
    const { scales } = quantizeLinearZeroPoint(weight, 4, inSize, bits);
    const back = roundTrip(weight, 4, inSize, bits);
    const blocks = Math.ceil(inSize / BLOCK);
    for (const [index, value] of weight.entries()) {
      const block = Math.floor(index / inSize) * blocks + Math.floor((index % inSize) / BLOCK);
      // Half a step, and half of one more where rounding the zero point moved the ends.
      expect(Math.abs(value - (back[index] ?? NaN))).toBeLessThanOrEqual((scales[block] ?? 0) * 1.0001);
    }
  });

  it('spends all codes on one side where a block has no other, at half the step of codes around the middle', () => {
    const weight = Float32Array.from({ length: BLOCK }, (_, index) => index);
    const { scales, zeroPoints } = quantizeLinearZeroPoint(weight, 1, BLOCK, 4);
    expect(zeroPoints[0]).toBe(0);
    expect(scales[0]).toBeCloseTo(31 / 15, 6);
  });

  it('keeps zeros exact, in a block of its own kind and between other values', () => {
    const weight = Float32Array.from(
      { length: 2 * BLOCK },
      (_, index) => (index < BLOCK ? 0 : index % 3) * 0.7,
    );
    const back = roundTrip(weight, 1, 2 * BLOCK, 4);
    for (const [index, value] of weight.entries()) if (value === 0) expect(back[index]).toBe(0);
  });
});
