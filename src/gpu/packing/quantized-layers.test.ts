import { describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import { decodeComponent } from '../../weights/decode.ts';
import { storedComponent } from '../../weights/pack-reader.ts';
import type { Precision } from '../../weights/pack-manifest.ts';
import { packComponent } from '../../weights/pack-writer.ts';
import { createMemoryStore } from '../../weights/stores.ts';
import { tensor } from '../../weights/test-support.ts';
import type { ParameterRole, StoredComponent } from '../../weights/types.ts';
import { conv2d, linear } from '../graph/layers.ts';
import { evaluate, floats, relativeError } from '../graph/test-support-node.ts';

interface Packed {
  readonly component: StoredComponent;
  readonly readShard: (shard: string) => Promise<Uint8Array>;
}

async function packWeight(
  role: ParameterRole,
  shape: readonly number[],
  values: Float32Array,
  precision: Precision,
): Promise<Packed> {
  const name = 'p.weight';
  const store = createMemoryStore();
  const parameters = [{ name, shape, role }];
  const packed = await packComponent(
    {
      name: 'net',
      config: {},
      parameters,
      tensors: new Map([tensor(name, shape, values.slice())]),
      precision,
      source: 'fixture',
    },
    store,
  );
  return { component: storedComponent('net', packed), readShard: (shard) => store.readFile(shard) };
}

function draw(length: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length }, () => random.uniform(-1, 1));
}

/** Multiples of a step that every block (or channel) reaches: quantization must keep them exactly. */
function onGrid(shape: readonly number[], levels: number, perScale: number): Float32Array {
  const random = createRandom(5);
  const length = shape.reduce((product, size) => product * size, 1);
  return Float32Array.from({ length }, (_, index) =>
    index % perScale === 0 ? -levels / 64 : Math.round(random.uniform(1 - levels, levels - 1)) / 64,
  );
}

function multiply(x: Float32Array, weight: Float32Array, outSize: number): readonly number[] {
  const inSize = x.length;
  return Array.from({ length: outSize }, (_, row) =>
    x.reduce((sum, value, at) => sum + value * (weight[row * inSize + at] ?? NaN), 0),
  );
}

const OUT = 6;

describe('packed linear weights, run by the runtime', () => {
  const run = async (weight: Float32Array, x: Float32Array, precision: Precision) => {
    const { component, readShard } = await packWeight('linear', [OUT, x.length], weight, precision);
    const inputs = { x: floats([1, x.length], x) };
    return (await evaluate(inputs, (g, v) => linear(g, v.x, component, 'p', { bias: false }), readShard))
      .data;
  };

  it.each([
    ['q8', 128, 64],
    ['q4', 8, 64],
    ['q8', 128, 96],
  ] as const)(
    'multiply exactly by weights that %s can express (±%i steps, %i inputs)',
    async (precision, levels, inSize) => {
      const x = draw(inSize, 1);
      const weight = onGrid([OUT, inSize], levels, 32);
      expect(relativeError(await run(weight, x, precision), multiply(x, weight, OUT))).toBeLessThan(1e-6);
    },
  );

  it.each([
    ['fp32', 0, 1e-6],
    ['fp16', 1e-5, 1e-3],
    ['q8', 1e-4, 0.01],
    ['q4', 1e-3, 0.15],
  ] as const)(
    '%s is as near as its bits allow, with a last block that is not full',
    async (precision, least, most) => {
      const x = draw(75, 2);
      const weight = draw(OUT * 75, 3);
      const expected = multiply(x, weight, OUT);
      const error = relativeError(await run(weight, x, precision), expected);
      expect(error).toBeLessThan(most);
      // Less than this would mean that the weights were not stored as they should be.
      expect(error).toBeGreaterThanOrEqual(least);
    },
  );

  it.each(['q8', 'q4'] as const)('a block of zeros adds nothing in %s', async (precision) => {
    const x = draw(64, 4);
    const weight = onGrid([OUT, 64], 8, 32);
    for (let row = 0; row < OUT; row += 1) weight.fill(0, row * 64, row * 64 + 32);
    expect(relativeError(await run(weight, x, precision), multiply(x, weight, OUT))).toBeLessThan(1e-6);
  });
});

describe('packed convolutions, run by the runtime', () => {
  it.each(['q8', 'q4'] as const)(
    'multiply exactly by weights that 8 bits a channel can express: %s',
    async (precision) => {
      const shape = [OUT, 3, 2, 2];
      const weight = onGrid(shape, 127, 12);
      weight.fill(0, 12, 24);
      const x = draw(12, 6);
      const { component, readShard } = await packWeight('conv', shape, weight, precision);
      const { data } = await evaluate(
        { x: floats([1, 3, 2, 2], x) },
        (g, v) => conv2d(g, v.x, component, 'p', { bias: false }),
        readShard,
      );
      expect(relativeError(data, multiply(x, weight, OUT))).toBeLessThan(1e-6);
    },
  );
});

describe('weights that are decoded once', () => {
  it.each([
    ['q8', 64],
    ['q4', 64],
    ['q8', 75],
    ['q4', 75],
  ] as const)(
    'multiply as %s weights do that are decoded at every run, %i inputs',
    async (precision, inSize) => {
      const { component, readShard } = await packWeight(
        'linear',
        [OUT, inSize],
        draw(OUT * inSize, 7),
        precision,
      );
      const decoded = decodeComponent(component, readShard);
      const inputs = { x: floats([1, inSize], draw(inSize, 8)) };
      const stored = await evaluate(
        inputs,
        (g, v) => linear(g, v.x, component, 'p', { bias: false }),
        readShard,
      );
      const once = await evaluate(
        inputs,
        (g, v) => linear(g, v.x, decoded.component, 'p', { bias: false }),
        () => decoded.readShard(),
      );
      expect(relativeError(once.data, stored.data)).toBeLessThan(1e-6);
    },
  );

  it('convolve as 8-bit weights do that are decoded at every run', async () => {
    const { component, readShard } = await packWeight('conv', [OUT, 3, 2, 2], draw(OUT * 12, 9), 'q8');
    const decoded = decodeComponent(component, readShard);
    const inputs = { x: floats([1, 3, 4, 4], draw(48, 10)) };
    const stored = await evaluate(
      inputs,
      (g, v) => conv2d(g, v.x, component, 'p', { bias: false }),
      readShard,
    );
    const once = await evaluate(
      inputs,
      (g, v) => conv2d(g, v.x, decoded.component, 'p', { bias: false }),
      () => decoded.readShard(),
    );
    expect(relativeError(once.data, stored.data)).toBeLessThan(1e-6);
  });
});
