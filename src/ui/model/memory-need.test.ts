import { describe, expect, it } from 'vitest';
import { activationBytes, memoryNeed, memoryVerdict } from './memory-need.ts';

const GIB = 2 ** 30;

describe('the memory that a pack takes', () => {
  it('is all of a small one and its largest network twice', () => {
    expect(memoryNeed([30, 10, 5])).toEqual({ peakBytes: 45 + 30, runningBytes: 45 });
  });

  it('is the largest network twice where the rest is loaded in turn', () => {
    expect(memoryNeed([2 * GIB, GIB, GIB])).toEqual({ peakBytes: 4 * GIB, runningBytes: 2 * GIB });
  });

  it('is the largest network and what is computed, where that is more than its file', () => {
    expect(memoryNeed([2 * GIB, GIB], GIB)).toEqual({ peakBytes: 4 * GIB, runningBytes: 3 * GIB });
    expect(memoryNeed([2 * GIB, GIB], 3 * GIB)).toEqual({ peakBytes: 5 * GIB, runningBytes: 5 * GIB });
  });

  it('is tight beyond half of the machine, and beyond a WebAssembly heap', () => {
    const need = (gibibytes: number) => ({ peakBytes: gibibytes * GIB, runningBytes: GIB });
    expect(memoryVerdict(need(1), { deviceBytes: 8 * GIB, provider: 'wasm' })).toBe('fits');
    expect(memoryVerdict(need(5), { deviceBytes: 8 * GIB, provider: 'webgpu' })).toBe('tight');
    expect(memoryVerdict(need(5), { deviceBytes: null, provider: 'wasm' })).toBe('tight');
    expect(memoryVerdict(need(5), { deviceBytes: null, provider: 'webgpu' })).toBe('fits');
  });

  it('is too much only where running alone takes more than there is', () => {
    const need = { peakBytes: 10 * GIB, runningBytes: 5 * GIB };
    expect(memoryVerdict(need, { deviceBytes: null, provider: 'wasm' })).toBe('exceeds');
    expect(memoryVerdict(need, { deviceBytes: 4 * GIB, provider: 'webgpu' })).toBe('exceeds');
    // 8 GiB is what older versions of Chromium say of every larger machine, too.
    expect(
      memoryVerdict({ ...need, runningBytes: 9 * GIB }, { deviceBytes: 8 * GIB, provider: 'webgpu' }),
    ).toBe('tight');
  });
});

describe('what is computed', () => {
  const work = { cellSide: 8, fixed: 0, perCell: 1, perCellSquared: 0 };
  const footprint = { passWork: work, activations: { unet: 100, decoder: 1000 } };
  const size = { width: 80, height: 160 };

  it('grows with the cells and the rows of the U-Net, and halves in float16', () => {
    const wide = { ...footprint, activations: { unet: 9000, decoder: 1 } };
    expect(activationBytes(wide, { ...size, rows: 1, float16: false })).toBe(200 * 9000);
    expect(activationBytes(wide, { ...size, rows: 2, float16: false })).toBe(2 * 200 * 9000);
    expect(activationBytes(wide, { ...size, rows: 2, float16: true })).toBe(200 * 9000);
  });

  it('is the decoder’s where that takes more, and never more than one of its tiles may', () => {
    expect(activationBytes(footprint, { ...size, rows: 1, float16: false })).toBe(200 * 1000);
    const large = { ...footprint, activations: { unet: 1, decoder: GIB / 100 } };
    const bytes = activationBytes(large, { ...size, rows: 1, float16: false });
    expect(bytes).toBeLessThanOrEqual(GIB);
    expect(bytes).toBeGreaterThan(0.9 * GIB);
  });

  it('is not guessed where the networks cannot be counted', () => {
    expect(activationBytes({ ...footprint, activations: null }, { ...size, rows: 2, float16: false })).toBe(
      0,
    );
  });
});
