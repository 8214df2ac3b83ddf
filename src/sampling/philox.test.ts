import { describe, expect, it } from 'vitest';
import { createPhiloxNoise, philox4x32, philoxNormal } from './philox.ts';

describe('Philox 4x32-10', () => {
  // The known-answer vectors of Random123 1.14 (kat_vectors, "philox4x32 10").
  it.each([
    {
      counter: [0, 0, 0, 0],
      key: [0, 0],
      expected: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    },
    {
      counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      key: [0xffffffff, 0xffffffff],
      expected: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      expected: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ] as const)('gives the published words for counter $counter', ({ counter, key, expected }) => {
    expect(philox4x32(counter, key)).toEqual(expected);
  });
});

describe('CUDA normal noise', () => {
  it('gives the values PyTorch prints for torch.manual_seed(0); torch.randn(12, device="cuda")', () => {
    const published = [
      -0.9247, -0.4253, -2.6438, 0.1452, -0.1209, -0.5797, -0.6229, -0.3284, -1.0745, -0.3631, -1.6711,
      2.2655,
    ];
    const noise = philoxNormal(0, 0, published.length);
    for (const [index, value] of published.entries()) expect(noise[index]).toBeCloseTo(value, 3.9);
  });

  it('is unit normal', () => {
    const noise = philoxNormal(42, 0, 65_536);
    const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
    const variance = noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / noise.length;
    expect(Math.abs(mean)).toBeLessThan(0.015);
    expect(variance).toBeCloseTo(1, 1);
  });

  it('differs by seed and by draw, and repeats for the same seed', () => {
    const source = createPhiloxNoise(7);
    const first = source.next(16);
    const second = source.next(16);
    expect(first).not.toEqual(second);
    expect(createPhiloxNoise(7).next(16)).toEqual(first);
    expect(createPhiloxNoise(8).next(16)).not.toEqual(first);
    expect(philoxNormal(7, 1, 16)).toEqual(second);
  });
});
