import { describe, expect, it } from 'vitest';
import { decodeNpy, encodeNpy } from './npy.ts';

describe('npy', () => {
  it('gives back type, shape and values', () => {
    const file = encodeNpy('f4', [2, 3], Float32Array.of(1, -2, 3.5, 0, 5, 6));
    expect(decodeNpy(file)).toEqual({
      dtype: 'f4',
      shape: [2, 3],
      data: Float32Array.of(1, -2, 3.5, 0, 5, 6),
    });
    expect(decodeNpy(encodeNpy('i8', [2], BigInt64Array.of(-1n, 7n)))).toEqual({
      dtype: 'i8',
      shape: [2],
      data: BigInt64Array.of(-1n, 7n),
    });
  });

  it('writes the header of NumPy, with data at a multiple of 64', () => {
    const file = encodeNpy('u1', [5], Uint8Array.of(1, 2, 3, 4, 5));
    expect((file.length - 5) % 64).toBe(0);
    expect(new TextDecoder('latin1').decode(file)).toContain(
      "{'descr': '|u1', 'fortran_order': False, 'shape': (5,), }",
    );
  });

  it('reads from the middle of a larger buffer', () => {
    const file = encodeNpy('f4', [1], Float32Array.of(0.25));
    const shifted = new Uint8Array(file.length + 3);
    shifted.set(file, 3);
    expect(decodeNpy(shifted.subarray(3)).data[0]).toBe(0.25);
  });

  it('names what is wrong with a file', () => {
    expect(() => decodeNpy(Uint8Array.of(1, 2, 3))).toThrow('magic bytes');
    expect(() => decodeNpy(encodeNpy('u1', [4], new Uint8Array(4)).subarray(0, -1))).toThrow(
      'Expected 4 bytes',
    );
    expect(() => encodeNpy('u1', [4], new Uint8Array(3))).toThrow('Expected 4 elements');
  });
});
