import { AppError, throwIfAborted } from '../shared/errors.ts';
import { ComponentWriter } from './component-writer.ts';
import type { PackComponent, Precision } from './pack-manifest.ts';
import type { WritableStore } from './stores.ts';
import { readFloats } from './tensor-values.ts';
import type { CheckpointTensor, ParameterSpec, StoredTensor } from './types.ts';

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

/**
 * Converts one network tensor by tensor and writes its shards. Returns the manifest's entry. Throws
 * AppError 'bad-checkpoint' naming file and tensor if anything is missing, left over, of another shape,
 * or not a finite number; what was written until then belongs to no manifest.
 */
export async function packComponent(input: PackComponentInput, store: WritableStore): Promise<PackComponent> {
  checkTensors(input);
  const writer = new ComponentWriter(store, input.name, input.precision, input.maxShardBytes);
  const tensors: StoredTensor[] = [];
  for (const spec of input.parameters) {
    const tensor = input.tensors.get(spec.name);
    if (tensor === undefined) continue;
    throwIfAborted(input.signal);
    await writer.begin(spec);
    await writer.write(await readFloats(tensor, input.signal));
    tensors.push(await writer.end());
  }
  return {
    config: { ...input.config },
    precision: input.precision,
    source: input.source,
    shards: writer.finish(),
    tensors,
  };
}
