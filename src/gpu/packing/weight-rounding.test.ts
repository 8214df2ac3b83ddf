import { describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import { decodeComponent } from '../../weights/decode.ts';
import { packComponent } from '../../weights/pack-writer.ts';
import { storedComponent } from '../../weights/pack-reader.ts';
import { createMemoryStore } from '../../weights/stores.ts';
import { tensor } from '../../weights/test-support.ts';
import type { ParameterSpec } from '../../weights/types.ts';
import { packRounding, roundedWeight, type Rounding, roundingKey } from './weight-rounding.ts';

const LINEAR: ParameterSpec = { name: 'a.weight', shape: [6, 75], role: 'linear' };
const CONV: ParameterSpec = { name: 'b.weight', shape: [4, 3, 3, 3], role: 'conv' };
const FIRST: ParameterSpec = { name: 'conv_in.weight', shape: [4, 3, 3, 3], role: 'exact' };
const TIME: ParameterSpec = { name: 'time.weight', shape: [8, 40], role: 'exact' };
const NORM: ParameterSpec = { name: 'norm.weight', shape: [40], role: 'exact' };

function draw({ shape }: ParameterSpec): Float32Array<ArrayBuffer> {
  const random = createRandom(3);
  const length = shape.reduce((product, size) => product * size, 1);
  return Float32Array.from({ length }, () => random.uniform(-1, 1) ** 3);
}

/** What the runtime computes with where a pack holds the weight. */
async function throughPack(spec: ParameterSpec, precision: 'q8' | 'q4'): Promise<Float32Array> {
  const store = createMemoryStore();
  const tensors = new Map([tensor(spec.name, spec.shape, draw(spec))]);
  const packed = await packComponent(
    { name: 'net', config: {}, parameters: [spec], tensors, precision, source: 'fixture' },
    store,
  );
  const decoded = decodeComponent(storedComponent('net', packed), (shard) => store.readFile(shard));
  return new Float32Array((await decoded.readShard()).buffer).subarray(0, draw(spec).length);
}

function errorOf(spec: ParameterSpec, rounding: Rounding): number {
  const exact = draw(spec);
  const rounded = roundedWeight(spec, draw(spec), rounding);
  return Math.hypot(...exact.map((value, at) => value - (rounded[at] ?? NaN))) / Math.hypot(...exact);
}

describe('rounded weights', () => {
  it.each([
    [LINEAR, 'q4'],
    [LINEAR, 'q8'],
    [CONV, 'q4'],
    [FIRST, 'q4'],
  ] as const)('are bit for bit what a pack holds: $name, %s', async (spec, precision) => {
    const rounded = roundedWeight(spec, draw(spec), packRounding(precision));
    expect(rounded).toEqual(await throughPack(spec, precision));
  });

  it('are coarser with fewer bits, and with a free zero point otherwise rounded', () => {
    expect(errorOf(LINEAR, packRounding('q8'))).toBeLessThan(errorOf(LINEAR, packRounding('q4')) / 8);
    const free = errorOf(LINEAR, { ...packRounding('q4'), zeroPoint: 'free' });
    expect(free).not.toBe(errorOf(LINEAR, packRounding('q4')));
    expect(free).toBeLessThan(0.15);
  });

  it('have one key where they give the same numbers', () => {
    const q4 = packRounding('q4');
    const free: Rounding = { ...q4, zeroPoint: 'free' };
    const without: Rounding = { ...q4, kept: ['convolutions'] };
    expect(roundingKey([LINEAR, NORM], without)).toBe(roundingKey([LINEAR, NORM], q4));
    expect(roundingKey([LINEAR, TIME], without)).not.toBe(roundingKey([LINEAR, TIME], q4));
    expect(roundingKey([CONV], free)).toBe(roundingKey([CONV], q4));
    expect(roundingKey([LINEAR], free)).not.toBe(roundingKey([LINEAR], q4));
    expect(roundingKey([LINEAR], packRounding('q8'))).not.toBe(roundingKey([LINEAR], q4));
  });

  it('spare the layers that are kept, and norms always', () => {
    const q4 = packRounding('q4');
    expect(errorOf(FIRST, q4)).toBe(0);
    expect(errorOf(TIME, q4)).toBe(0);
    const without: Rounding = { ...q4, kept: ['convolutions'] };
    expect(errorOf(FIRST, without)).toBeGreaterThan(0);
    expect(errorOf(FIRST, without)).toBeLessThan(0.02);
    expect(errorOf(TIME, without)).toBeGreaterThan(0.02);
    expect(errorOf(NORM, without)).toBe(0);
    expect(errorOf(CONV, { ...q4, kept: [] })).toBeGreaterThan(3 * errorOf(CONV, q4));
    expect(errorOf(CONV, { ...packRounding('q8'), kept: [] })).toBe(errorOf(CONV, packRounding('q8')));
  });
});
