import { createRandom } from '../../shared/random.ts';
import type { ParameterSpec, ShardRange, StoredComponent, StoredTensor } from '../../weights/types.ts';
export { relativeError } from '../runtime/reference-maths.ts';
import { createNodeRuntime } from '../runtime/node-runtime.ts';
import { hostTensor, type HostTensor } from '../runtime/runtime.ts';
import { elementCount, GraphBuilder, type Value } from './graph.ts';

/** For tests: float32 numbers as a tensor. */
export function floats(shape: readonly number[], data: readonly number[] | Float32Array): HostTensor {
  return hostTensor('float32', shape, Float32Array.from(data));
}

export interface Evaluated {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** For tests: builds a graph over the given inputs, runs it once on the CPU, gives its one output. */
export async function evaluate<Name extends string>(
  inputs: Readonly<Record<Name, HostTensor>>,
  build: (g: GraphBuilder, values: Readonly<Record<Name, Value>>) => Value,
  readShard: (shard: string) => Promise<Uint8Array> = missingShard,
): Promise<Evaluated> {
  const g = new GraphBuilder('test');
  const names = Object.keys(inputs).filter((name): name is Name => name in inputs);
  const values = Object.fromEntries(
    names.map((name) => [name, g.input(name, inputs[name].type, inputs[name].shape)]),
  );
  g.output(build(g, allOf(names, values)), 'result');
  const runtime = createNodeRuntime({ threads: 1 });
  try {
    const session = await runtime.createSession(g.build(), readShard);
    const { result } = await session.run(inputs);
    if (result?.location !== 'host') throw new Error('Expected the result in host memory.');
    return { shape: result.shape, data: Array.from(result.data, Number) };
  } finally {
    await runtime.dispose();
  }
}

function missingShard(shard: string): Promise<Uint8Array> {
  return Promise.reject(new Error(`The test gave no shard ${shard}.`));
}

function allOf<Name extends string>(
  names: readonly Name[],
  values: Readonly<Record<string, Value>>,
): Readonly<Record<Name, Value>> {
  const complete = (record: Readonly<Record<string, Value>>): record is Readonly<Record<Name, Value>> =>
    names.every((name) => name in record);
  if (!complete(values)) throw new Error('Expected a value for every input.');
  return values;
}

const SHARD = 'fixture.bin';

/** For tests: lays tensors into one shard, 64-byte aligned, and hands out their ranges. */
export class ShardFixture {
  #bytes = new Uint8Array(0);

  append(data: Float32Array | Uint16Array | Uint8Array | Int8Array): ShardRange {
    const byteOffset = Math.ceil(this.#bytes.length / 64) * 64;
    const grown = new Uint8Array(byteOffset + data.byteLength);
    grown.set(this.#bytes);
    grown.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), byteOffset);
    this.#bytes = grown;
    return { shard: SHARD, byteOffset, byteLength: data.byteLength };
  }

  /** A dense float32 tensor in checkpoint order. */
  dense(name: string, shape: readonly number[], values: readonly number[]): StoredTensor {
    const data = this.append(Float32Array.from(values));
    return { kind: 'dense', name, shape, type: 'float32', transposed: false, data };
  }

  readonly readShard = (shard: string): Promise<Uint8Array> =>
    shard === SHARD ? Promise.resolve(this.#bytes) : missingShard(shard);
}

/** For tests: a component of the given tensors. */
export function componentOf(...tensors: readonly StoredTensor[]): StoredComponent {
  return { name: 'net', config: {}, tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])) };
}

/**
 * For tests: a component with every parameter of a network, drawn so that a signal neither dies nor
 * grows from layer to layer.
 */
export function randomComponent(
  specs: readonly ParameterSpec[],
  seed: number,
): { readonly component: StoredComponent; readonly readShard: ShardFixture['readShard'] } {
  const random = createRandom(seed);
  const shard = new ShardFixture();
  const tensors = specs.map(({ name, shape }) => {
    const fanIn = shape.length < 2 ? 4 : elementCount(shape) / (shape[0] ?? 1);
    const centre = name.endsWith('norm.weight') ? 1 : 0;
    const values = Array.from({ length: elementCount(shape) }, () => {
      return centre + random.uniform(-1, 1) * Math.sqrt(3 / fanIn);
    });
    return shard.dense(name, shape, values);
  });
  return { component: componentOf(...tensors), readShard: shard.readShard };
}
