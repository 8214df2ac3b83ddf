import { describe, expect, it } from 'vitest';
import { memoryNeed, memoryVerdict } from './memory-need.ts';

const GIB = 2 ** 30;

describe('the memory that a pack takes', () => {
  it('is all of a small one and its largest network twice', () => {
    expect(memoryNeed([30, 10, 5])).toBe(45 + 30);
  });

  it('is the largest network twice where the rest is loaded in turn', () => {
    expect(memoryNeed([2 * GIB, GIB, GIB])).toBe(4 * GIB);
  });

  it('is tight beyond half of the machine, and beyond a WebAssembly heap', () => {
    expect(memoryVerdict(GIB, { deviceBytes: 8 * GIB, provider: 'wasm' })).toBe('fits');
    expect(memoryVerdict(5 * GIB, { deviceBytes: 8 * GIB, provider: 'webgpu' })).toBe('tight');
    expect(memoryVerdict(5 * GIB, { deviceBytes: null, provider: 'wasm' })).toBe('tight');
    expect(memoryVerdict(5 * GIB, { deviceBytes: null, provider: 'webgpu' })).toBe('fits');
  });
});
