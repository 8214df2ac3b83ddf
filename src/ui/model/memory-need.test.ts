import { describe, expect, it } from 'vitest';
import { testStore } from '../../gpu/pipeline/test-pack-node.ts';
import { openPack } from '../../weights/pack-reader.ts';
import { type PackManifest } from '../../weights/pack-manifest.ts';
import { memoryNeed, memoryVerdict } from './memory-need.ts';

const { manifest } = await openPack(await testStore());
const GIB = 2 ** 30;

/** The tiny pack with networks of other sizes, in bytes. */
function packOf(sizes: readonly number[]): PackManifest {
  const [unet] = Object.values(manifest.components);
  if (unet === undefined) throw new Error('The tiny pack has no network.');
  const names = ['unet', 'vae', 'text_encoder'] as const;
  const shard = (byteLength: number) => ({ file: 'a.bin', byteLength, sha256: '0'.repeat(64) });
  return {
    ...manifest,
    components: Object.fromEntries(
      sizes.map((size, index) => [names[index] ?? 'unet', { ...unet, shards: [shard(size)] }]),
    ),
  };
}

describe('the memory that a pack takes', () => {
  it('is all of a small one and its largest network twice', () => {
    expect(memoryNeed(packOf([30, 10, 5]))).toBe(45 + 30);
  });

  it('is the largest network twice where the rest is loaded in turn', () => {
    expect(memoryNeed(packOf([2 * GIB, GIB, GIB]))).toBe(4 * GIB);
  });

  it('is tight beyond half of the machine, and beyond a WebAssembly heap', () => {
    expect(memoryVerdict(GIB, { deviceBytes: 8 * GIB, provider: 'wasm' })).toBe('fits');
    expect(memoryVerdict(5 * GIB, { deviceBytes: 8 * GIB, provider: 'webgpu' })).toBe('tight');
    expect(memoryVerdict(5 * GIB, { deviceBytes: null, provider: 'wasm' })).toBe('tight');
    expect(memoryVerdict(5 * GIB, { deviceBytes: null, provider: 'webgpu' })).toBe('fits');
  });
});
