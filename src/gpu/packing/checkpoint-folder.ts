import { z } from 'zod';
import { AppError, messageOf } from '../../shared/errors.ts';
import { openSafetensors } from '../../weights/safetensors.ts';
import { openTorchCheckpoint } from '../../weights/torch-checkpoint.ts';
import type { Checkpoint, CheckpointFolder, CheckpointTensor } from '../../weights/types.ts';

export async function readBytes(folder: CheckpointFolder, path: string): Promise<Uint8Array> {
  const source = await folder.open(path);
  if (source === undefined) {
    throw new AppError(
      'bad-checkpoint',
      `"${folder.name}" has no file "${path}". It is another model or incomplete.`,
    );
  }
  return source.read(0, source.byteLength);
}

/** Parses a JSON file of the folder. Throws AppError 'bad-checkpoint' naming it. */
export async function readJson<T>(folder: CheckpointFolder, path: string, schema: z.ZodType<T>): Promise<T> {
  const bytes = await readBytes(folder, path);
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return schema.parse(value);
  } catch (thrown) {
    throw new AppError(
      'bad-checkpoint',
      `"${path}" of "${folder.name}" cannot be read: ${thrown instanceof z.ZodError ? z.prettifyError(thrown) : messageOf(thrown)}`,
      { cause: thrown },
    );
  }
}

/** Shards lie beside their index: a name with a folder in it could lead anywhere. */
const shardName = z.string().regex(/^[^/\\]+$/, { error: 'a shard is a file beside its index' });
const indexSchema = z.object({ weight_map: z.record(z.string(), shardName) });

/** A folder knows its files by plain paths: "a", not "./a". */
function inside(directory: string, file: string): string {
  return directory === '.' ? file : `${directory}/${file}`;
}

async function openSharded(folder: CheckpointFolder, directory: string, index: string): Promise<Checkpoint> {
  const { weight_map: map } = await readJson(folder, index, indexSchema);
  const tensors = new Map<string, CheckpointTensor>();
  for (const file of new Set(Object.values(map))) {
    const source = await folder.open(inside(directory, file));
    if (source === undefined) {
      throw new AppError(
        'bad-checkpoint',
        `"${index}" of "${folder.name}" names "${file}", which is missing.`,
      );
    }
    const shard = await openSafetensors(source);
    for (const [name, tensor] of shard.tensors) {
      if (map[name] === file) tensors.set(name, tensor);
    }
  }
  const lost = Object.keys(map).find((name) => !tensors.has(name));
  if (lost !== undefined) {
    throw new AppError(
      'bad-checkpoint',
      `"${index}" of "${folder.name}" lists "${lost}", but no shard holds it.`,
    );
  }
  return { name: `${folder.name}/${directory}`, tensors, metadata: {} };
}

/**
 * The weights of one network: `<stem>.fp16.safetensors` (half the download, the same values after
 * quantization), `<stem>.safetensors`, its sharded index, or PyTorch's `<stem>.bin`, the form in which
 * MS-Diffusion's adapter is published.
 */
export async function openWeights(
  folder: CheckpointFolder,
  directory: string,
  stem: string,
): Promise<Checkpoint> {
  for (const file of [`${stem}.fp16.safetensors`, `${stem}.safetensors`]) {
    const source = await folder.open(inside(directory, file));
    if (source !== undefined) return openSafetensors(source);
  }
  const index = inside(directory, `${stem}.safetensors.index.json`);
  if ((await folder.open(index)) !== undefined) return openSharded(folder, directory, index);
  const pickled = await folder.open(inside(directory, `${stem}.bin`));
  if (pickled !== undefined) return openTorchCheckpoint(pickled);
  throw new AppError(
    'bad-checkpoint',
    `"${folder.name}/${directory}" has no ${stem}.safetensors. Expected a model in the diffusers layout.`,
  );
}
