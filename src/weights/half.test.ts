import { describe, expect, it } from 'vitest';
import { bfloatsToFloats, floatsToHalves, floatToHalf, halvesToFloats } from './half.ts';
import { halfToFloat } from './test-support.ts';

const allPatterns = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
const isNan = (bits: number): boolean => (bits & 0x7fff) > 0x7c00;

describe('binary16', () => {
  it('survives the way to float32 and back, for every number', () => {
    const finite = allPatterns.filter((bits) => !isNan(bits));
    expect(floatsToHalves(halvesToFloats(finite))).toEqual(finite);
  });

  it.each([
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0400, 2 ** -14],
    [0x0001, 2 ** -24],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
  ])('%i means %f', (bits, value) => {
    expect(halfToFloat(bits)).toBe(value);
  });

  it('keeps NaN and the sign of zero', () => {
    expect(halfToFloat(floatToHalf(NaN))).toBeNaN();
    expect(halfToFloat(floatToHalf(-0))).toBe(-0);
  });

  it.each([
    ['a tie goes to the even neighbour below', 1 + 2 ** -11, 1],
    ['a tie goes to the even neighbour above', 1 + 3 * 2 ** -11, 1 + 2 ** -9],
    ['just above a tie goes up', 1 + 2 ** -11 + 2 ** -20, 1 + 2 ** -10],
    ['a carry reaches the exponent', 2 - 2 ** -12, 2],
    ['a subnormal tie goes to even', 2.5 * 2 ** -24, 2 * 2 ** -24],
    ['half the smallest number is zero', 2 ** -25, 0],
    ['just above half the smallest number is the smallest', 2 ** -25 + 2 ** -40, 2 ** -24],
    ['the last value that rounds to the largest', 65519, 65504],
    ['the first that does not', 65520, Infinity],
  ])('%s', (_, value, rounded) => {
    expect(halfToFloat(floatToHalf(value))).toBe(rounded);
    expect(halfToFloat(floatToHalf(-value))).toBe(-rounded);
  });
});

describe('bfloat16', () => {
  it('is the upper half of a float32', () => {
    expect(bfloatsToFloats(Uint16Array.of(0x3f80, 0xc020, 0x7f80, 0))).toEqual(
      Float32Array.of(1, -2.5, Infinity, 0),
    );
  });
});
