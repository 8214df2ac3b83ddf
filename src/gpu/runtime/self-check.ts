import { invariant, messageOf } from '../../shared/errors.ts';
import { createRandom } from '../../shared/random.ts';
import type { ShardRange, StoredComponent, StoredTensor } from '../../weights/types.ts';
import { DEFAULT_ATTENTION, keyValueAttention, multiHeadAttention, splitHeads } from '../graph/attention.ts';
import { GraphBuilder, type Value } from '../graph/graph.ts';
import { conv2d, linear } from '../graph/layers.ts';
import * as ops from '../graph/ops.ts';
import {
  referenceAttention,
  referenceConv3x3,
  referenceMatMul,
  referenceNormalize,
  referenceSoftmax,
  relativeError,
} from './reference-maths.ts';
import { hostTensor, type HostTensor, type Runtime } from './runtime.ts';

export interface SelfCheck {
  /** Every operator the networks are made of computes what it should. */
  readonly passed: boolean;
  /** The fused attention operator does so too, in the float type that steps will use. */
  readonly fusedAttention: boolean;
  /** float16 arithmetic is there and computes what it should. */
  readonly float16: boolean;
  /** For people: what differed, by how much. */
  readonly faults: readonly string[];
}

/** Graphics hardware rounds and orders sums in its own way: 1e-5 is common, a wrong kernel is off by 0.1 and more. */
const TOLERANCE = 1e-3;
/** float16 has 11 significant bits: sums of 96 products are off by 1e-3 at most where kernels add in float16. */
const HALF_TOLERANCE = 1e-2;
const EPSILON = 1e-5;
const SHARD = 'self-check';
const ROWS = 40;
const WIDTH = 96;
const OUT = 72;
const BLOCK = 32;
const IMAGE = { channels: 8, size: 12, out: 16 };
/** More than one head and keys that fill no tile: where a fused kernel has been seen to go wrong. */
const ATTENTION = { batch: 2, heads: 4, queries: 80, keys: 77, depth: 32 };

interface Probe {
  readonly name: string;
  readonly inputs: Readonly<Record<string, HostTensor>>;
  readonly build: (g: GraphBuilder, input: (name: string) => Value) => Value;
  readonly expected: readonly number[];
  readonly tolerance?: number;
}

/**
 * Runs small graphs on the device and compares them with double-precision arithmetic. A device that
 * throws has failed; nothing is thrown.
 */
export async function selfCheck(runtime: Runtime): Promise<SelfCheck> {
  const faults: string[] = [];
  const quantized = quantizedFixture();
  for (const probe of [...plainProbes(), ...quantizedProbes(quantized)]) {
    faults.push(...(await faultsOf(runtime, probe, quantized.shard)));
  }
  const passed = faults.length === 0;
  const check = async (probes: readonly Probe[]): Promise<boolean> => {
    const before = faults.length;
    for (const probe of probes) faults.push(...(await faultsOf(runtime, probe, quantized.shard)));
    return faults.length === before;
  };
  const asked = passed && runtime.report.float16;
  const float16 = asked && (await check(halfProbes(quantized)));
  const fused = fusedAttentionProbes();
  const fusedAttention = passed && (await check(float16 ? [...fused, ...fused.map(inHalf)] : fused));
  return { passed, fusedAttention, float16, faults };
}

async function faultsOf(runtime: Runtime, probe: Probe, shard: Uint8Array): Promise<readonly string[]> {
  try {
    const g = new GraphBuilder(`self-check of ${probe.name}`);
    const inputs = new Map(
      Object.entries(probe.inputs).map(([name, { type, shape }]) => [name, g.input(name, type, shape)]),
    );
    const result = probe.build(g, (name) => {
      const value = inputs.get(name);
      invariant(value !== undefined, () => `The self-check has no input ${name}.`);
      return value;
    });
    g.output(result, 'result');
    const session = await runtime.createSession(g.build(), () => Promise.resolve(shard));
    try {
      const { result: output } = await session.run(probe.inputs);
      invariant(output?.location === 'host', () => 'The self-check got no result.');
      const error = relativeError(Array.from(output.data, Number), probe.expected);
      return error <= (probe.tolerance ?? TOLERANCE)
        ? []
        : [`${probe.name} is off by ${error.toPrecision(2)}`];
    } finally {
      await session.dispose();
    }
  } catch (thrown) {
    return [`${probe.name} failed: ${messageOf(thrown)}`];
  }
}

function noise(seed: number, shape: readonly number[]): HostTensor {
  const random = createRandom(seed);
  const count = shape.reduce((product, size) => product * size, 1);
  return hostTensor(
    'float32',
    shape,
    Float32Array.from({ length: count }, () => random.uniform(-1, 1)),
  );
}

const numbersOf = (tensor: HostTensor): number[] => Array.from(tensor.data, Number);

function plainProbes(): readonly Probe[] {
  const x = noise(1, [1, ROWS, WIDTH]);
  const skip = noise(11, [1, ROWS, WIDTH]);
  const w = noise(2, [WIDTH, OUT]);
  const image = noise(3, [1, IMAGE.channels, IMAGE.size, IMAGE.size]);
  const kernel = noise(4, [IMAGE.out, IMAGE.channels, 3, 3]);
  const ones = (g: GraphBuilder, size: number): Value =>
    g.constant('float32', [size], new Float32Array(size).fill(1));
  const zeros = (g: GraphBuilder, size: number): Value =>
    g.constant('float32', [size], new Float32Array(size));
  return [
    {
      name: 'MatMul',
      inputs: { x, w },
      build: (g, input) => ops.matMul(g, input('x'), input('w')),
      expected: referenceMatMul(numbersOf(x), numbersOf(w), [ROWS, WIDTH, OUT]),
    },
    {
      name: 'Softmax',
      inputs: { x },
      build: (g, input) => ops.softmax(g, input('x')),
      expected: referenceSoftmax(numbersOf(x), WIDTH),
    },
    {
      name: 'LayerNormalization',
      inputs: { x },
      build: (g, input) => ops.layerNormalization(g, input('x'), ones(g, WIDTH), zeros(g, WIDTH), EPSILON),
      expected: referenceNormalize(numbersOf(x), WIDTH, EPSILON),
    },
    {
      name: 'SkipLayerNormalization',
      inputs: { x, skip },
      build: (g, input) =>
        ops.skipLayerNormalization(g, input('x'), input('skip'), ones(g, WIDTH), zeros(g, WIDTH), EPSILON)
          .normal,
      expected: referenceNormalize(
        numbersOf(x).map((value, at) => value + (numbersOf(skip)[at] ?? NaN)),
        WIDTH,
        EPSILON,
      ),
    },
    {
      name: 'InstanceNormalization',
      inputs: { image },
      build: (g, input) => {
        const [a, b] = [ones(g, IMAGE.channels), zeros(g, IMAGE.channels)];
        return ops.instanceNormalization(g, input('image'), a, b, EPSILON);
      },
      expected: referenceNormalize(numbersOf(image), IMAGE.size ** 2, EPSILON),
    },
    {
      name: 'Conv',
      inputs: { image, kernel },
      build: (g, input) => ops.conv(g, input('image'), input('kernel'), undefined, { padding: 1 }),
      expected: referenceConv3x3(numbersOf(image), numbersOf(kernel), IMAGE),
    },
    {
      name: 'SiLU',
      inputs: { x },
      build: (g, input) => ops.silu(g, input('x')),
      expected: numbersOf(x).map((value) => value / (1 + Math.exp(-value))),
    },
  ];
}

/** Whole numbers −8…7 with scale 1/8, stored in every quantized kind. */
interface QuantizedFixture {
  /** Row-major [OUT, WIDTH], and [IMAGE.out, IMAGE.channels, 3, 3] from its start. */
  readonly weights: readonly number[];
  readonly shard: Uint8Array;
  readonly component: (kind: QuantizedKind) => StoredComponent;
}
type QuantizedKind = 'matmul-8' | 'matmul-4' | 'conv-8';

function quantizedFixture(): QuantizedFixture {
  const random = createRandom(5);
  const weights = Array.from({ length: OUT * WIDTH }, () => random.int(16) - 8);
  const nibbles = Array.from({ length: weights.length / 2 }, (_, index) => {
    const [low, high] = [weights[2 * index] ?? 0, weights[2 * index + 1] ?? 0];
    return low + 8 + 16 * (high + 8);
  });
  const kernel = weights.slice(0, IMAGE.out * IMAGE.channels * 9);
  const scales = new Float32Array(weights.length / BLOCK).fill(1 / 8);
  const parts = [
    Uint8Array.from(weights, (weight) => weight + 128),
    Uint8Array.from(nibbles),
    new Uint8Array(Int8Array.from(kernel).buffer),
    new Uint8Array(scales.buffer),
  ] as const;
  const ranges: ShardRange[] = [];
  let byteOffset = 0;
  for (const { byteLength } of parts) {
    ranges.push({ shard: SHARD, byteOffset, byteLength });
    byteOffset += byteLength;
  }
  const shard = new Uint8Array(byteOffset);
  for (const [index, part] of parts.entries()) shard.set(part, ranges[index]?.byteOffset);
  return { weights, shard, component: (kind) => quantizedComponent(kind, ranges) };
}

function quantizedComponent(kind: QuantizedKind, ranges: readonly ShardRange[]): StoredComponent {
  const [bytes, nibbles, kernel, scales] = ranges;
  invariant(
    bytes !== undefined && nibbles !== undefined && kernel !== undefined && scales !== undefined,
    () => 'The self-check lacks a part of its weights.',
  );
  const matmul = {
    kind: 'matmul-nbits',
    name: 'w.weight',
    shape: [OUT, WIDTH],
    block: BLOCK,
    scales,
  } as const;
  const tensors: Readonly<Record<QuantizedKind, StoredTensor>> = {
    'matmul-8': { ...matmul, bits: 8, data: bytes },
    'matmul-4': { ...matmul, bits: 4, data: nibbles },
    'conv-8': {
      kind: 'conv-int8',
      name: 'w.weight',
      shape: [IMAGE.out, IMAGE.channels, 3, 3],
      data: kernel,
      scales: { ...scales, byteLength: IMAGE.out * 4 },
    },
  };
  return { name: 'self-check', config: {}, tensors: new Map([['w.weight', tensors[kind]]]) };
}

function quantizedProbes({ weights, component }: QuantizedFixture): readonly Probe[] {
  const x = noise(6, [1, ROWS, WIDTH]);
  const image = noise(10, [1, IMAGE.channels, IMAGE.size, IMAGE.size]);
  const real = weights.map((weight) => weight / 8);
  const transposed = Array.from({ length: WIDTH * OUT }, (_, index) => {
    return real[(index % OUT) * WIDTH + Math.floor(index / OUT)] ?? 0;
  });
  const product = referenceMatMul(numbersOf(x), transposed, [ROWS, WIDTH, OUT]);
  return [
    ...(['matmul-8', 'matmul-4'] as const).map((kind): Probe => ({
      name: kind === 'matmul-8' ? 'MatMulNBits with 8 bits' : 'MatMulNBits with 4 bits',
      inputs: { x },
      build: (g, input) => linear(g, input('x'), component(kind), 'w', { bias: false }),
      expected: product,
    })),
    {
      name: 'Conv with 8-bit weights',
      inputs: { image },
      build: (g, input) => conv2d(g, input('image'), component('conv-8'), 'w', { bias: false, padding: 1 }),
      expected: referenceConv3x3(numbersOf(image), real, IMAGE),
    },
  ];
}

/** The same computed in float16. */
function inHalf(probe: Probe): Probe {
  return {
    ...probe,
    name: `${probe.name} in float16`,
    tolerance: HALF_TOLERANCE,
    build: (g, input) => {
      const result = probe.build(g, (name) => ops.cast(g, input(name), 'float16'));
      return ops.cast(g, result, 'float32');
    },
  };
}

/** What a step does in float16: norms and softmax stay in float32. */
function halfProbes(quantized: QuantizedFixture): readonly Probe[] {
  const float32Only = new Set([
    'Softmax',
    'LayerNormalization',
    'SkipLayerNormalization',
    'InstanceNormalization',
  ]);
  return [...plainProbes(), ...quantizedProbes(quantized)]
    .filter(({ name }) => !float32Only.has(name))
    .map(inHalf);
}

/** Keys and values in rows, as self-attention has them, and per head with a bias, as cross-attention has. */
function fusedAttentionProbes(): readonly Probe[] {
  const { batch, heads, queries, keys, depth } = ATTENTION;
  const q = noise(7, [batch, queries, heads * depth]);
  const k = noise(8, [batch, keys, heads * depth]);
  const v = noise(9, [batch, keys, heads * depth]);
  const bias = noise(12, [1, 1, queries, keys]);
  const settings = { ...DEFAULT_ATTENTION, fused: true };
  const [qs, ks, vs] = [numbersOf(q), numbersOf(k), numbersOf(v)];
  return [
    {
      name: 'MultiHeadAttention',
      inputs: { q, k, v },
      build: (g, input) => multiHeadAttention(g, input('q'), input('k'), input('v'), { heads, settings }),
      expected: referenceAttention(qs, ks, vs, ATTENTION),
    },
    {
      name: 'MultiHeadAttention with keys per head',
      inputs: { q, k, v, bias },
      build: (g, input) => {
        const perHead = (name: string): Value => splitHeads(g, input(name), heads);
        return keyValueAttention(g, input('q'), perHead('k'), perHead('v'), {
          settings,
          bias: input('bias'),
        });
      },
      expected: referenceAttention(qs, ks, vs, ATTENTION, numbersOf(bias)),
    },
  ];
}
