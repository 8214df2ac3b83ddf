import { AppError, throwIfAborted } from '../shared/errors.ts';
import { floatsToHalves, HALF_MAX } from './half.ts';
import type { PackComponent } from './pack-manifest.ts';
import { BLOCK, quantizeConv, quantizeLinear, transpose } from './quantize.ts';
import { ShardWriter } from './shard-writer.ts';
import type { WritableStore } from './stores.ts';
import { readFloats } from './tensor-values.ts';
import type { CheckpointTensor, ParameterSpec, StoredTensor } from './types.ts';

export const PRECISIONS = ['fp32', 'fp16', 'q8', 'q4'] as const;
export type Precision = (typeof PRECISIONS)[number];

export interface PackComponentInput {
  readonly name: string;
  /** The network's official config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Every tensor the network needs; the checkpoint must have exactly these. */
  readonly parameters: readonly ParameterSpec[];
  /** The checkpoint's tensors under the names that `parameters` uses. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  readonly precision: Precision;
  /** For messages: file or folder the tensors come from. */
  readonly source: string;
  readonly onTensor?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
  /** Smaller in tests. */
  readonly maxShardBytes?: number;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 4).map((name) => `"${name}"`);
  return names.length > shown.length
    ? `${shown.join(', ')} and ${names.length - shown.length} more`
    : shown.join(', ');
}

/** Throws AppError 'bad-checkpoint' unless names and shapes are exactly those asked for. */
export function checkTensors({
  name,
  parameters,
  tensors,
  source,
}: Omit<PackComponentInput, 'config' | 'precision'>): void {
  const missing = parameters.filter((spec) => !tensors.has(spec.name)).map((spec) => spec.name);
  if (missing.length > 0) {
    throw new AppError(
      'bad-checkpoint',
      `"${source}" lacks ${missing.length} tensors of ${name}: ${list(missing)}. It is another model or incomplete.`,
    );
  }
  const known = new Set(parameters.map((spec) => spec.name));
  const extra = [...tensors.keys()].filter((tensor) => !known.has(tensor));
  if (extra.length > 0) {
    throw new AppError(
      'bad-checkpoint',
      `"${source}" holds ${extra.length} tensors that ${name} does not know: ${list(extra)}. Its config.json does not describe it.`,
    );
  }
  for (const { name: tensor, shape } of parameters) {
    const found = tensors.get(tensor)?.shape ?? [];
    if (found.join() !== shape.join()) {
      throw new AppError(
        'bad-checkpoint',
        `Tensor "${tensor}" in "${source}" is [${found.join(', ')}], but ${name} needs [${shape.join(', ')}].`,
      );
    }
  }
}

type Stored =
  | { readonly kind: 'dense'; readonly transposed: boolean; readonly data: Float32Array | Uint16Array }
  | {
      readonly kind: 'matmul-nbits';
      readonly bits: 4 | 8;
      readonly data: Uint8Array;
      readonly scales: Float32Array;
    }
  | { readonly kind: 'conv-int8'; readonly data: Int8Array; readonly scales: Float32Array };

function halves(name: string, values: Float32Array): Uint16Array {
  let largest = 0;
  for (let at = 0; at < values.length; at += 1) largest = Math.max(largest, Math.abs(values[at] ?? 0));
  if (largest <= HALF_MAX) return floatsToHalves(values);
  throw new AppError(
    'bad-checkpoint',
    `Tensor "${name}" holds values up to ${largest}, which float16 cannot represent. Choose the precision fp32.`,
  );
}

/**
 * How a tensor is stored: linear weights in blocks, convolutions in 8 bits per output channel also at
 * 4-bit precision (4 bits per channel are too coarse for them), embeddings in float16; norms, biases,
 * time embeddings, first and last convolution always in float32.
 */
function storeAs(spec: ParameterSpec, values: Float32Array, precision: Precision): Stored {
  const [rows = 1] = spec.shape;
  const dense = (data: Float32Array, transposed = false): Stored => ({
    kind: 'dense',
    transposed,
    data: precision === 'fp32' || spec.role === 'exact' ? data : halves(spec.name, data),
  });
  switch (spec.role) {
    case 'exact':
    case 'embedding':
      return dense(values);
    case 'linear': {
      const columns = values.length / rows;
      if (precision === 'q8' || precision === 'q4') {
        const bits = precision === 'q8' ? 8 : 4;
        return { kind: 'matmul-nbits', bits, ...quantizeLinear(values, rows, columns, bits) };
      }
      return dense(transpose(values, rows, columns), true);
    }
    case 'conv':
      return precision === 'q8' || precision === 'q4'
        ? { kind: 'conv-int8', ...quantizeConv(values, rows) }
        : dense(values);
  }
}

/**
 * Converts one network tensor by tensor and writes its shards. Returns the manifest's entry. Throws
 * AppError 'bad-checkpoint' naming file and tensor if anything is missing, left over, of another shape,
 * or not a finite number; what was written until then belongs to no manifest.
 */
export async function packComponent(input: PackComponentInput, store: WritableStore): Promise<PackComponent> {
  checkTensors(input);
  const writer = new ShardWriter(store, input.name, input.maxShardBytes);
  const tensors: StoredTensor[] = [];
  for (const spec of input.parameters) {
    const tensor = input.tensors.get(spec.name);
    if (tensor === undefined) continue;
    throwIfAborted(input.signal);
    const stored = storeAs(spec, await readFloats(tensor, input.signal), input.precision);
    const data = await writer.add(stored.data);
    const shared = { name: spec.name, shape: spec.shape, data };
    switch (stored.kind) {
      case 'dense': {
        const type = stored.data instanceof Float32Array ? 'float32' : 'float16';
        tensors.push({ ...shared, kind: 'dense', type, transposed: stored.transposed });
        break;
      }
      case 'matmul-nbits': {
        const scales = await writer.add(stored.scales);
        tensors.push({ ...shared, kind: 'matmul-nbits', bits: stored.bits, block: BLOCK, scales });
        break;
      }
      case 'conv-int8':
        tensors.push({ ...shared, kind: 'conv-int8', scales: await writer.add(stored.scales) });
    }
    input.onTensor?.(tensors.length, input.parameters.length);
  }
  return {
    config: { ...input.config },
    precision: input.precision,
    source: input.source,
    shards: writer.finish(),
    tensors,
  };
}
