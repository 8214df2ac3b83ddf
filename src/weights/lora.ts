import { z } from 'zod';
import { AppError } from '../shared/errors.ts';
import { type AdaptedModule, parseLoraKey } from './lora-keys.ts';
import { openSafetensors } from './safetensors.ts';
import { bytesSource } from './sources.ts';
import { readFloats } from './tensor-values.ts';
import type { Checkpoint, CheckpointTensor } from './types.ts';

/** ΔW = (alpha / rank) · up · down of one projection of one cross-attention layer. */
export interface LoraDelta {
  /** U-Net path of the attention, ending in ".attn2". */
  readonly path: string;
  readonly module: AdaptedModule;
  readonly rank: number;
  /** [rank, in] */
  readonly down: Float32Array;
  /** [out, rank] */
  readonly up: Float32Array;
  /** Equal to `rank` where the file says nothing. */
  readonly alpha: number;
}

export interface LoraFile {
  readonly deltas: readonly LoraDelta[];
  /** Keys of other parts: text encoders, self-attention, convolutions. */
  readonly ignoredKeys: readonly string[];
}

interface Parts {
  readonly path: string;
  readonly module: AdaptedModule;
  down?: CheckpointTensor;
  up?: CheckpointTensor;
  alpha?: CheckpointTensor;
}

/** diffusers writes the PEFT configuration of newer files into the metadata. */
const adapterMetadataSchema = z.object({ 'unet.lora_alpha': z.number().positive().optional() });

function metadataAlpha(checkpoint: Checkpoint): number | undefined {
  const text = checkpoint.metadata['lora_adapter_metadata'];
  if (text === undefined) return undefined;
  try {
    return adapterMetadataSchema.parse(JSON.parse(text))['unet.lora_alpha'];
  } catch (thrown) {
    throw new AppError('bad-lora', `"${checkpoint.name}" holds unreadable lora_adapter_metadata.`, {
      cause: thrown,
    });
  }
}

function collect(checkpoint: Checkpoint): { parts: readonly Parts[]; ignoredKeys: readonly string[] } {
  const parts = new Map<string, Parts>();
  const ignoredKeys: string[] = [];
  for (const [key, tensor] of checkpoint.tensors) {
    const parsed = parseLoraKey(key);
    switch (parsed.kind) {
      case 'dora':
        throw new AppError(
          'bad-lora',
          `"${checkpoint.name}" is a DoRA (it has "${key}"), which changes the base weights' norms. Use a plain LoRA.`,
        );
      case 'other':
        ignoredKeys.push(key);
        break;
      case 'cross-attention': {
        const { path, module, part } = parsed;
        const name = `${path}.${module}`;
        const entry = parts.get(name) ?? { path, module };
        entry[part] = tensor;
        parts.set(name, entry);
      }
    }
  }
  return { parts: [...parts.values()], ignoredKeys };
}

async function readDelta(file: string, parts: Parts, fileAlpha: number | undefined): Promise<LoraDelta> {
  const { path, module, down, up, alpha } = parts;
  const name = `${path}.${module}`;
  if (down === undefined || up === undefined) {
    const lacking = down === undefined ? 'down' : 'up';
    throw new AppError(
      'bad-lora',
      `"${file}" has no ${lacking} matrix for "${name}". The file is incomplete.`,
    );
  }
  const [rank = 0] = down.shape;
  const [, columns = 0] = up.shape;
  if (down.shape.length !== 2 || up.shape.length !== 2 || rank === 0 || rank !== columns) {
    throw new AppError(
      'bad-lora',
      `"${file}": the matrices of "${name}" are down [${down.shape.join(', ')}] and up [${up.shape.join(', ')}]; ` +
        'their ranks must be equal: down [rank, in], up [out, rank].',
    );
  }
  const ownAlpha = alpha === undefined ? undefined : (await readFloats(alpha))[0];
  return {
    path,
    module,
    rank,
    down: await readFloats(down),
    up: await readFloats(up),
    alpha: ownAlpha ?? fileAlpha ?? rank,
  };
}

/**
 * Reads a LoRA of SDXL's topology from safetensors bytes: diffusers, PEFT and kohya names. Throws
 * AppError 'bad-lora' for DoRA, missing halves and ranks that differ; whether it fits a U-Net is checked
 * where the U-Net is known.
 */
export async function readLora(bytes: Uint8Array, name: string): Promise<LoraFile> {
  let checkpoint: Checkpoint;
  try {
    checkpoint = await openSafetensors(bytesSource(name, bytes));
  } catch (thrown) {
    throw new AppError('bad-lora', `"${name}" is not a LoRA in safetensors format.`, { cause: thrown });
  }
  const { parts, ignoredKeys } = collect(checkpoint);
  const fileAlpha = metadataAlpha(checkpoint);
  const deltas: LoraDelta[] = [];
  for (const entry of parts) deltas.push(await readDelta(name, entry, fileAlpha));
  return { deltas, ignoredKeys };
}
