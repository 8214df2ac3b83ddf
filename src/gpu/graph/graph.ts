import { AppError, invariant } from '../../shared/errors.ts';
import type { ShardRange } from '../../weights/types.ts';
import type { GraphModel, GraphPort, TensorData, TensorType } from '../runtime/runtime.ts';
import type { Attributes } from './attributes.ts';
import { encodeModel, type EncodedNode, type EncodedTensor } from './encode.ts';

/** An edge of the graph: a named tensor whose type and shape are known when the graph is built. */
export interface Value {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
}

export interface OutputSpec {
  readonly type: TensorType;
  readonly shape: readonly number[];
}

/** Inline initializers travel inside the model's bytes; anything larger belongs in a shard. */
const MAX_CONSTANT_BYTES = 4 * 1024 * 1024;

const BYTES_PER_ELEMENT: Readonly<Record<TensorType, number>> = {
  float32: 4,
  float16: 2,
  int64: 8,
  int32: 4,
  uint8: 1,
  int8: 1,
  bool: 1,
};

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Bytes of a dense tensor. */
export function tensorByteLength(type: TensorType, shape: readonly number[]): number {
  return elementCount(shape) * BYTES_PER_ELEMENT[type];
}

/** "float32 [2, 77, 768]", for messages. */
export function describe(value: OutputSpec): string {
  return `${value.type} [${value.shape.join(', ')}]`;
}

/**
 * Collects nodes of one ONNX graph and gives its bytes. Shapes are static: every value knows its own,
 * so a mistake shows where the graph is built and not inside the runtime.
 */
export class GraphBuilder {
  readonly name: string;
  readonly #inputs: Value[] = [];
  readonly #outputs: { readonly value: Value; readonly name: string }[] = [];
  readonly #nodes: EncodedNode[] = [];
  readonly #initializers: EncodedTensor[] = [];
  readonly #values = new Set<Value>();
  readonly #names = new Set<string>();
  readonly #constants = new Map<string, Value>();
  readonly #weights = new Map<string, { readonly value: Value; readonly range: ShardRange }>();
  readonly #counters = new Map<string, number>();

  constructor(name: string) {
    this.name = name;
  }

  /** A named graph input. */
  input(name: string, type: TensorType, shape: readonly number[]): Value {
    const value = this.#register(name, type, shape);
    this.#inputs.push(value);
    return value;
  }

  /** Makes a value a graph output under the given name. */
  output(value: Value, name: string): void {
    this.#check(value, `output "${name}"`);
    invariant(!this.#names.has(name), () => `Graph ${this.name}: the name "${name}" is taken already.`);
    this.#names.add(name);
    this.#outputs.push({ value, name });
  }

  /** A small inline initializer; equal ones are stored once. float16 data are bit patterns. */
  constant(type: TensorType, shape: readonly number[], data: TensorData): Value {
    const byteLength = tensorByteLength(type, shape);
    invariant(
      data.byteLength === byteLength && byteLength <= MAX_CONSTANT_BYTES,
      () =>
        `Graph ${this.name}: a constant of ${type} [${shape.join(', ')}] needs ${byteLength} bytes ` +
        `(at most ${MAX_CONSTANT_BYTES}), got ${data.byteLength}.`,
    );
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = `${type}:${shape.join(',')}:${bytes.join(',')}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const value = this.#register(this.#fresh('const'), type, shape);
    this.#initializers.push({ ...value, content: { kind: 'inline', bytes: bytes.slice() } });
    this.#constants.set(key, value);
    return value;
  }

  /**
   * An initializer whose bytes lie in a shard file. Asking twice for one name gives the same value.
   * Throws AppError 'bad-pack' when the range does not hold exactly the tensor.
   */
  externalWeight(name: string, type: TensorType, shape: readonly number[], range: ShardRange): Value {
    const known = this.#weights.get(name);
    if (known !== undefined) return known.value;
    const expected = tensorByteLength(type, shape);
    if (range.byteLength !== expected) {
      throw new AppError(
        'bad-pack',
        `Weight "${name}" is ${type} [${shape.join(', ')}] and needs ${expected} bytes, but the pack ` +
          `gives ${range.byteLength} bytes of ${range.shard}. Install the pack again.`,
      );
    }
    const value = this.#register(name, type, shape);
    this.#initializers.push({ ...value, content: { kind: 'external', range } });
    this.#weights.set(name, { value, range });
    return value;
  }

  /** Appends a node. `undefined` inputs and outputs are ONNX's omitted optional ones; the latter give no value. */
  node(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    outputs: readonly (OutputSpec | undefined)[],
    domain = '',
  ): readonly Value[] {
    for (const input of inputs) if (input !== undefined) this.#check(input, opType);
    const values = outputs.map((spec) =>
      spec === undefined ? undefined : this.#register(this.#fresh(opType), spec.type, spec.shape),
    );
    this.#nodes.push({
      opType,
      domain,
      inputs: inputs.map((input) => input?.name ?? ''),
      outputs: values.map((value) => value?.name ?? ''),
      attributes,
    });
    return values.filter((value) => value !== undefined);
  }

  /** A node with one output. */
  node1(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes: Attributes,
    output: OutputSpec,
    domain = '',
  ): Value {
    const [value] = this.node(opType, inputs, attributes, [output], domain);
    invariant(value !== undefined, () => `${opType} gave no output.`);
    return value;
  }

  /** Number of nodes so far; a measure for graph-size tests. */
  get nodeCount(): number {
    return this.#nodes.length;
  }

  build(): GraphModel {
    invariant(this.#outputs.length > 0, () => `Graph ${this.name} has no output.`);
    // An Identity gives an output its public name whatever produced it; the runtime's optimizer removes it.
    const nodes = [
      ...this.#nodes,
      ...this.#outputs.map(({ value, name }): EncodedNode => ({
        opType: 'Identity',
        domain: '',
        inputs: [value.name],
        outputs: [name],
        attributes: {},
      })),
    ];
    const inputs = this.#inputs.map((value) => port(value.name, value));
    const outputs = this.#outputs.map(({ value, name }) => port(name, value));
    const shards = new Set([...this.#weights.values()].map(({ range }) => range.shard));
    return {
      name: this.name,
      bytes: encodeModel({ name: this.name, nodes, initializers: this.#initializers, inputs, outputs }),
      shards: [...shards],
      inputs,
      outputs,
    };
  }

  #fresh(prefix: string): string {
    const next = (this.#counters.get(prefix) ?? 0) + 1;
    this.#counters.set(prefix, next);
    return `${prefix}_${next}`;
  }

  #register(name: string, type: TensorType, shape: readonly number[]): Value {
    invariant(
      shape.every((size) => Number.isSafeInteger(size) && size > 0),
      () => `Graph ${this.name}: "${name}" has the impossible shape [${shape.join(', ')}].`,
    );
    invariant(!this.#names.has(name), () => `Graph ${this.name}: the name "${name}" is taken already.`);
    const value: Value = { name, type, shape };
    this.#names.add(name);
    this.#values.add(value);
    return value;
  }

  #check(value: Value, user: string): void {
    invariant(
      this.#values.has(value),
      () => `Graph ${this.name}: ${user} uses "${value.name}", a value of another graph.`,
    );
  }
}

function port(name: string, value: Value): GraphPort {
  return { name, type: value.type, shape: value.shape };
}
