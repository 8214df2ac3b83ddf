import { describe, expect, it } from 'vitest';
import { isGuidedStep } from './guidance.ts';
import { latentSize, sizeMultiple } from './size.ts';

const SDXL = { vaeScale: 8, unetHalvings: 2 };

describe('picture size', () => {
  it('is counted in latent cells', () => {
    expect(sizeMultiple(SDXL)).toBe(32);
    expect(latentSize(1024, 768, SDXL)).toEqual({ latentWidth: 128, latentHeight: 96 });
  });

  it('names the nearest size that works', () => {
    expect(() => latentSize(1000, 1024, SDXL)).toThrow(
      'multiples of 32 for this model, got 1000 × 1024. Try 992 × 1024.',
    );
  });
});

describe('guidance interval', () => {
  it('covers the steps of its fractions, the end excluded', () => {
    const settings = { guidance: 5, guidanceInterval: [0.2, 0.5] as const };
    const on = Array.from({ length: 10 }, (_, index) => isGuidedStep(settings, index, 10));
    expect(on).toEqual([false, false, true, true, true, false, false, false, false, false]);
  });

  it('is nowhere on at guidance 1', () => {
    expect(isGuidedStep({ guidance: 1, guidanceInterval: [0, 1] }, 0, 10)).toBe(false);
  });
});
