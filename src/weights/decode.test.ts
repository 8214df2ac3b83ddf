import { describe, expect, it } from 'vitest';
import { createRandom } from '../shared/random.ts';
import { decodeComponent, decodedByteLength } from './decode.ts';
import { storedComponent } from './pack-reader.ts';
import type { Precision } from './pack-manifest.ts';
import { packComponent } from './pack-writer.ts';
import { createMemoryStore } from './stores.ts';
import { tensor } from './test-support.ts';
import type { StoredTensor } from './types.ts';

const random = createRandom(3);
const draw = (count: number): Float32Array =>
  Float32Array.from({ length: count }, () => random.uniform(-1, 1));
/** 40 inputs: the last block is not full. */
const LINEAR = [6, 40] as const;
const CONV = [4, 3, 3, 3] as const;
const weights = { 'a.weight': draw(240), 'b.weight': draw(108), 'b.bias': draw(4) };

async function packed(precision: Precision) {
  const store = createMemoryStore();
  const component = await packComponent(
    {
      name: 'net',
      config: {},
      precision,
      source: 'fixture',
      parameters: [
        { name: 'a.weight', shape: LINEAR, role: 'linear' },
        { name: 'b.weight', shape: CONV, role: 'conv' },
        { name: 'b.bias', shape: [4], role: 'exact' },
      ],
      tensors: new Map([
        tensor('a.weight', LINEAR, weights['a.weight']),
        tensor('b.weight', CONV, weights['b.weight']),
        tensor('b.bias', [4], weights['b.bias']),
      ]),
    },
    store,
  );
  return decodeComponent(storedComponent('net', component), (shard) => store.readFile(shard));
}

function floatsOf(bytes: Uint8Array, stored: StoredTensor | undefined): Float32Array {
  if (stored?.kind !== 'dense' || stored.type !== 'float32') throw new Error('expected float32 numbers');
  const { byteOffset, byteLength } = stored.data;
  return new Float32Array(bytes.slice(byteOffset, byteOffset + byteLength).buffer);
}

const largestError = (found: Float32Array, expected: Float32Array): number =>
  found.reduce((most, value, at) => Math.max(most, Math.abs(value - (expected[at] ?? NaN))), 0);

describe('decoding a network once', () => {
  it.each([
    // A block's value of largest magnitude takes the one code that has no counterpart, so that a value near
    // its negative is a whole step off; a convolution's codes are symmetric.
    ['q8', 1 / 128, 1 / 254],
    ['q4', 1 / 8, 1 / 254],
  ] as const)(
    'gives %s weights as numbers no further off than the codes are apart',
    async (precision, linearStep, convStep) => {
      const decoded = await packed(precision);
      const { tensors } = decoded.component;
      const bytes = await decoded.readShard();
      expect(bytes.byteLength).toBe(decoded.byteLength);
      expect([...tensors.values()].every(({ data }) => data.shard === decoded.shard)).toBe(true);
      expect([...tensors.values()].every(({ data }) => data.byteOffset % 64 === 0)).toBe(true);

      const linear = floatsOf(bytes, tensors.get('a.weight'));
      expect(largestError(linear, weights['a.weight'])).toBeLessThanOrEqual(linearStep * 1.001);
      expect(largestError(linear, weights['a.weight'])).toBeGreaterThan(linearStep / 4);
      const conv = floatsOf(bytes, tensors.get('b.weight'));
      expect(largestError(conv, weights['b.weight'])).toBeLessThanOrEqual(convStep * 1.001);
      expect(floatsOf(bytes, tensors.get('b.bias'))).toEqual(weights['b.bias']);
    },
  );

  it('says before it reads how large it will be', async () => {
    const { component, byteLength } = await packed('q8');
    expect(decodedByteLength(component)).toBe(byteLength);
    expect(byteLength).toBe(960 + 448 + 64);
  });

  it('refuses a shard that ends too early', async () => {
    const { component } = await packed('fp32');
    const short = decodeComponent(component, () => Promise.resolve(new Uint8Array(100)));
    await expect(short.readShard()).rejects.toMatchObject({ code: 'bad-pack' });
  });
});
