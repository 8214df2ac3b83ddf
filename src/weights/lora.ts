import { AppError, messageOf } from '../shared/errors.ts';
import { parseLoraKey } from './lora-keys.ts';
import { metadataAlpha, networkOf } from './lora-metadata.ts';
import { openSafetensors } from './safetensors.ts';
import { bytesSource } from './sources.ts';
import { readFloats } from './tensor-values.ts';
import type { Checkpoint, CheckpointTensor } from './types.ts';

/** What to do with a LoRA that cannot be used beside an installed model. */
const MERGE_HINT =
  'as a part of the weights: merge it when a model is installed (--merge-lora FILE of npm run pack, or “LoRAs to merge” in the Library)';

/** ΔW = (alpha / rank) · up · down of one linear layer. */
export interface LoraDelta {
  /** Path of the layer in the U-Net, or behind a text encoder's name, as {@link parseLoraKey} gives it. */
  readonly path: string;
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
  /** Keys of other parts, for example embeddings. */
  readonly ignoredKeys: readonly string[];
}

interface Parts {
  readonly path: string;
  down?: CheckpointTensor;
  up?: CheckpointTensor;
  alpha?: CheckpointTensor;
}

function collect(checkpoint: Checkpoint): { parts: readonly Parts[]; ignoredKeys: readonly string[] } {
  const parts = new Map<string, Parts>();
  const ignoredKeys: string[] = [];
  const otherLayers: (readonly [key: string, tensor: CheckpointTensor])[] = [];
  for (const [key, tensor] of checkpoint.tensors) {
    const parsed = parseLoraKey(key);
    switch (parsed.kind) {
      case 'unsupported':
        throw new AppError(
          'bad-lora',
          `"${checkpoint.name}" is a ${parsed.adapter} (it has "${key}"), not a plain low-rank sum. Use a LoRA.`,
        );
      case 'other':
        ignoredKeys.push(key);
        break;
      case 'other-layer':
        otherLayers.push([key, tensor]);
        break;
      case 'linear': {
        const { path, part } = parsed;
        const entry: Parts = parts.get(path) ?? { path };
        if (entry[part] !== undefined) {
          throw new AppError(
            'bad-lora',
            `"${checkpoint.name}" holds the ${part} of "${path}" twice. It mixes two LoRAs: save them apart.`,
          );
        }
        entry[part] = tensor;
        parts.set(path, entry);
      }
    }
  }
  refuseOtherLayers(checkpoint.name, otherLayers);
  return { parts: [...parts.values()], ignoredKeys };
}

/** Half of a LoRA is another one: no layer is left out. */
function refuseOtherLayers(
  file: string,
  layers: readonly (readonly [key: string, tensor: CheckpointTensor])[],
): void {
  const convolution = layers.find(([, { shape }]) => shape.length === 4);
  if (convolution !== undefined) {
    throw new AppError(
      'lora-to-merge',
      `"${file}" also changes convolutions (it has "${convolution[0]}"), which only works ${MERGE_HINT}.`,
    );
  }
  const [first] = layers;
  if (first !== undefined) {
    throw new AppError(
      'bad-lora',
      `"${file}" is for another model: it has "${first[0]}", and SDXL has no such layer. Use a LoRA for SDXL.`,
    );
  }
}

async function readDelta(
  file: string,
  parts: Parts,
  fileAlpha: (path: string, rank: number) => number | undefined,
): Promise<LoraDelta> {
  const { path, down, up, alpha } = parts;
  if (down === undefined || up === undefined) {
    const lacking = down === undefined ? 'down' : 'up';
    throw new AppError(
      'bad-lora',
      `"${file}" has no ${lacking} matrix for "${path}". The file is incomplete.`,
    );
  }
  const [rank = 0] = down.shape;
  const [, columns = 0] = up.shape;
  if (down.shape.length !== 2 || up.shape.length !== 2 || rank === 0 || rank !== columns) {
    throw new AppError(
      'bad-lora',
      `"${file}": the matrices of "${path}" are down [${down.shape.join(', ')}] and up [${up.shape.join(', ')}]; ` +
        'their ranks must be equal: down [rank, in], up [out, rank].',
    );
  }
  const ownAlpha = alpha === undefined ? undefined : (await readFloats(alpha))[0];
  return {
    path,
    rank,
    down: await readFloats(down),
    up: await readFloats(up),
    alpha: ownAlpha ?? fileAlpha(path, rank) ?? rank,
  };
}

/**
 * Reads a LoRA on linear layers of SDXL's U-Net and text encoders from safetensors bytes: diffusers, PEFT and kohya names.
 * Where neither a tensor nor the file's own metadata tells alpha, it equals the rank; a PEFT
 * `adapter_config.json` that lies beside a file is not seen. Throws AppError 'lora-to-merge' where it changes
 * convolutions too, and 'bad-lora' for DoRA and other adapters, missing halves, ranks that differ and values
 * that are not finite; whether it fits a model is checked where the model is known.
 */
export async function readLora(bytes: Uint8Array, name: string): Promise<LoraFile> {
  let checkpoint: Checkpoint;
  try {
    checkpoint = await openSafetensors(bytesSource(name, bytes));
  } catch (thrown) {
    throw new AppError('bad-lora', `"${name}" is not a LoRA in safetensors format: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
  const { parts, ignoredKeys } = collect(checkpoint);
  const rules = {
    unet: metadataAlpha(checkpoint, 'unet'),
    text_encoder: metadataAlpha(checkpoint, 'text_encoder'),
    text_encoder_2: metadataAlpha(checkpoint, 'text_encoder_2'),
  };
  const fileAlpha = (path: string, rank: number): number | undefined => {
    const { network, inner } = networkOf(path);
    return rules[network](inner, rank);
  };
  const deltas: LoraDelta[] = [];
  for (const entry of parts) {
    try {
      deltas.push(await readDelta(name, entry, fileAlpha));
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code === 'bad-lora') throw thrown;
      throw new AppError('bad-lora', `"${name}" cannot be used: ${thrown.message}`, { cause: thrown });
    }
  }
  return { deltas, ignoredKeys };
}
