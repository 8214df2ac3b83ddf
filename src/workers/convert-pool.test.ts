import { describe, expect, it } from 'vitest';
import { createRandom } from '../shared/random.ts';
import { encodingOf } from '../weights/encode-tensor.ts';
import { convertSlice, type Slice } from '../weights/install/convert-slice.ts';
import type { ParameterRole } from '../weights/types.ts';
import { convertThreads, createConvertPool } from './convert-pool.ts';
import { CONVERT_HANDLERS, CONVERT_PROTOCOL, type ConvertCalls } from './convert-protocol.ts';
import { type FakeWorker, fakeWorkerOf } from './test-support.ts';

const COLUMNS = 96;

function slice(seed: number, role: ParameterRole = 'linear', precision: 'q4' | 'fp16' = 'q4'): Slice {
  const random = createRandom(seed);
  const values = Float32Array.from({ length: 8 * COLUMNS }, () => random.uniform(-1, 1));
  const spec = { name: `weight ${seed}`, shape: [64, COLUMNS], role };
  return {
    spec,
    encoding: encodingOf(spec, precision),
    name: spec.name,
    dtype: 'F32',
    bytes: new Uint8Array(values.buffer),
    firstRow: 16,
    transposed: false,
    merges: [
      { rank: 1, down: new Float32Array(COLUMNS).fill(0.5), up: new Float32Array(64).fill(0.25), factor: 1 },
    ],
  };
}

/** Workers in this process, and how many slices each was given. */
function startedWorkers() {
  const workers: { readonly worker: FakeWorker; slices: number }[] = [];
  const start = (): FakeWorker => {
    const entry = {
      slices: 0,
      worker: fakeWorkerOf<ConvertCalls>(CONVERT_PROTOCOL, {
        'convert-slice': (params, context) => {
          entry.slices += 1;
          return CONVERT_HANDLERS['convert-slice'](params, context);
        },
      }),
    };
    workers.push(entry);
    return entry.worker;
  };
  return { workers, start };
}

describe('a pool of conversion workers', () => {
  it('gives the bytes that one thread gives, whatever the slice, and leaves the chunk it came in alone', async () => {
    const pool = createConvertPool(startedWorkers().start, 4);
    const slices = [slice(1), slice(2, 'conv'), slice(3, 'linear', 'fp16'), slice(4, 'exact')];
    const chunk = new Uint8Array(slices[0]?.bytes.length ?? 0 + 8);
    chunk.set(slices[0]?.bytes ?? []);
    const inChunk = { ...slice(1), bytes: chunk.subarray(0, 8 * COLUMNS * 4) };
    const converted = await Promise.all([...slices, inChunk].map((one) => pool.convert(one)));
    expect(converted).toEqual([...slices, slice(1)].map(convertSlice));
    expect(chunk.length).toBeGreaterThan(0);
  });

  it('has one thread less than there are cores, never more than four, and none on two cores', () => {
    expect([1, 2, 3, 4, 5, 32].map(convertThreads)).toEqual([0, 0, 2, 3, 4, 4]);
  });

  it('spreads slices evenly', async () => {
    for (const [count, expected] of [
      [1, [12]],
      [3, [4, 4, 4]],
    ] as const) {
      const { workers, start } = startedWorkers();
      const pool = createConvertPool(start, count);
      await Promise.all(Array.from({ length: 12 }, (_, index) => pool.convert(slice(index))));
      expect(workers.map(({ slices }) => slices)).toEqual(expected);
    }
  });

  it('starts no worker before a slice comes', () => {
    const { workers, start } = startedWorkers();
    createConvertPool(start, 4);
    expect(workers).toEqual([]);
  });

  it('tells clearly of a worker that died, and takes another one when the install goes on', async () => {
    const { workers, start } = startedWorkers();
    const pool = createConvertPool(start, 2);
    const lost = pool.convert(slice(1));
    await Promise.resolve();
    await Promise.resolve();
    workers[0]?.worker.crash('out of memory');
    await expect(lost).rejects.toMatchObject({
      code: 'worker-died',
      retryable: true,
      message: 'The conversion stopped unexpectedly (out of memory). Go on: what was stored is kept.',
    });
    await expect(pool.convert(slice(1))).resolves.toEqual(convertSlice(slice(1)));
    expect(workers).toHaveLength(2);
  });

  it('passes on what is wrong with a slice, which is no death', async () => {
    const { workers, start } = startedWorkers();
    const pool = createConvertPool(start, 2);
    const values = new Float32Array(8 * COLUMNS).fill(NaN);
    const bad = { ...slice(1), bytes: new Uint8Array(values.buffer) };
    await expect(pool.convert(bad)).rejects.toMatchObject({ code: 'bad-checkpoint' });
    await pool.convert(slice(1));
    expect(workers).toHaveLength(1);
  });

  it('ends its workers and whoever waits for them when it is disposed', async () => {
    const { workers, start } = startedWorkers();
    const pool = createConvertPool(start, 2);
    const waiting = [pool.convert(slice(1)), pool.convert(slice(2))];
    const settled = Promise.allSettled(waiting);
    await Promise.resolve();
    await Promise.resolve();
    pool.dispose();
    for (const result of await settled) {
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } });
    }
    expect(workers.map(({ worker }) => worker.terminated)).toEqual([true, true]);
  });
});
