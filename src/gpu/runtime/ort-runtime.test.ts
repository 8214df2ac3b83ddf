import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GraphBuilder } from '../graph/graph.ts';
import * as ops from '../graph/ops.ts';
import { createNodeRuntime } from './node-runtime.ts';
import { type GraphModel, hostTensor, type ReadShard } from './runtime.ts';

const SIDE = 4;
const BYTES = SIDE * SIDE * Float32Array.BYTES_PER_ELEMENT;
/** The shards of the graph and the value of each weight. */
const VALUES = new Map([
  ['a.bin', 2],
  ['sub/b.bin', 3],
]);
const runtime = createNodeRuntime({ threads: 1 });
let folder = '';

/** A square weight that is `value` everywhere, behind 64 bytes that belong to nothing. */
function shardBytes(value: number): Uint8Array {
  const values = new Float32Array(SIDE * SIDE + 16).fill(NaN);
  return new Uint8Array(values.fill(value, 16).buffer);
}

/** y = x · a + x · b, the two weights in a shard each. */
function sumOfProducts(): GraphModel {
  const g = new GraphBuilder('sum');
  const x = g.input('x', 'float32', [1, SIDE]);
  const [a, b] = [...VALUES.keys()].map((shard) =>
    ops.matMul(
      g,
      x,
      g.externalWeight(shard, 'float32', [SIDE, SIDE], { shard, byteOffset: 64, byteLength: BYTES }),
    ),
  );
  if (a === undefined || b === undefined) throw new Error('there are two products');
  g.output(ops.add(g, a, b), 'y');
  return g.build();
}

async function run(readShard: ReadShard): Promise<readonly number[]> {
  const session = await runtime.createSession(sumOfProducts(), readShard);
  const { y } = await session.run({ x: hostTensor('float32', [1, SIDE], Float32Array.of(1, 2, 3, 4)) });
  await session.dispose();
  return y?.location === 'host' ? Array.from(y.data, Number) : [];
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'relationbooth weights-'));
  await mkdir(path.join(folder, 'sub'));
  for (const [shard, value] of VALUES) await writeFile(path.join(folder, shard), shardBytes(value));
});
afterAll(async () => {
  await runtime.dispose();
  await rm(folder, { recursive: true });
});

const inMemory: ReadShard = (shard) => Promise.resolve(shardBytes(VALUES.get(shard) ?? NaN));
const inFolder: ReadShard = () => Promise.resolve({ folder });

describe('weights of a session', () => {
  it('come from memory, or from a folder that the runtime reads by itself', async () => {
    expect(await run(inMemory)).toEqual([50, 50, 50, 50]);
    expect(await run(inFolder)).toEqual([50, 50, 50, 50]);
  });

  it('are refused where they lie in two places, or the folder does not hold them', async () => {
    await expect(run((shard) => (shard === 'a.bin' ? inMemory : inFolder)(shard))).rejects.toThrow(
      'must lie in one place',
    );
    await expect(run((shard) => Promise.resolve({ folder: path.join(folder, shard) }))).rejects.toThrow(
      'must lie in one place',
    );
    await expect(run(() => Promise.resolve({ folder: path.join(folder, 'sub') }))).rejects.toThrow(
      'Loading sum',
    );
  });
});
