import { sha256 } from '../sha256.ts';
import type { WeightMerge } from '../lora-merge.ts';
import type { ByteSource, CheckpointTensor, ParameterSpec } from '../types.ts';
import type { Precision } from '../pack-manifest.ts';

/** The tensors that make one network of a pack, and how they are to be stored. */
export interface InstallNetwork {
  readonly name: string;
  readonly parameters: readonly ParameterSpec[];
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  readonly precision: Precision;
  /** What LoRAs add to tensors before they are converted, by parameter. */
  readonly merges?: ReadonlyMap<string, readonly WeightMerge[]> | undefined;
}

export interface InstallPiece {
  readonly component: string;
  readonly spec: ParameterSpec;
  readonly tensor: CheckpointTensor;
  readonly merges: readonly WeightMerge[];
}

/** One file of a checkpoint with the tensors taken from it, in the order in which they lie there. */
export interface InstallFile {
  readonly source: ByteSource;
  readonly pieces: readonly InstallPiece[];
}

/** The files that the networks come from, each once, in the order of the networks. */
export function installFiles(networks: readonly InstallNetwork[]): readonly InstallFile[] {
  const bySource = new Map<ByteSource, InstallPiece[]>();
  for (const { name, parameters, tensors, merges } of networks) {
    for (const spec of parameters) {
      const tensor = tensors.get(spec.name);
      if (tensor === undefined) continue;
      const { source } = tensor.place;
      const pieces = bySource.get(source) ?? [];
      pieces.push({ component: name, spec, tensor, merges: merges?.get(spec.name) ?? [] });
      bySource.set(source, pieces);
    }
  }
  const place = ({ tensor }: InstallPiece) => tensor.place;
  return [...bySource].map(([source, pieces]) => ({
    source,
    pieces: pieces.toSorted(
      (a, b) =>
        place(a).byteOffset - place(b).byteOffset ||
        (place(a).zipMember?.byteOffset ?? 0) - (place(b).zipMember?.byteOffset ?? 0),
    ),
  }));
}

/** Bytes read of a file: all where its checksum is compared, else those of its tensors. */
export function bytesToRead({ source, pieces }: InstallFile): number {
  if (source.digest?.algorithm === 'sha256') return source.byteLength;
  return pieces.reduce((sum, { tensor }) => sum + tensor.place.byteLength, 0);
}

/** The LoRA files that are merged, each once. */
export function mergedFiles(networks: readonly InstallNetwork[]): readonly ByteSource[] {
  const merges = networks.flatMap((network) => [...(network.merges?.values() ?? [])].flat());
  return [...new Set(merges.map(({ down }) => down.place.source))];
}

/** Names what is installed: a journal of another plan is of no use. */
export function planKey(networks: readonly InstallNetwork[], files: readonly InstallFile[]): Promise<string> {
  const plan = {
    networks: networks.map(({ name, precision, parameters }) => [name, precision, parameters]),
    files: files.map(({ source, pieces }) => [
      source.name,
      source.byteLength,
      source.digest?.hex ?? source.version,
      pieces.map(({ component, tensor, spec, merges }) => [
        component,
        spec.name,
        tensor.name,
        tensor.dtype,
        ...merges.map(({ weight, down }) => [down.name, weight]),
      ]),
    ]),
    merged: mergedFiles(networks).map(({ name, byteLength, digest, version }) => [
      name,
      byteLength,
      digest?.hex ?? version,
    ]),
  };
  return sha256(new TextEncoder().encode(JSON.stringify(plan)));
}
