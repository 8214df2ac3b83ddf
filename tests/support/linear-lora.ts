import {
  crossAttentionLoraGroups,
  keyValueLoraGroups,
  linearLoraGroups,
} from '../../src/gpu/networks/lora-groups.ts';
import type { UnetConfig } from '../../src/gpu/networks/unet-config.ts';
import { createRandom } from '../../src/shared/random.ts';
import { encodeSafetensors, type SafetensorsInput } from '../../src/weights/safetensors.ts';
import { type SingleFileEntry, singleFileNames } from './single-file.ts';

const RANK = 3;
const ALPHA = 2;

export interface LinearLayer {
  readonly path: string;
  readonly inWidth: number;
  readonly outWidth: number;
}
export type LoraFormat = 'diffusers' | 'kohya' | 'kohya-original';

/** Every linear layer of a U-Net, keys and values of cross-attention included. */
export function linearLayers(config: UnetConfig): readonly LinearLayer[] {
  return [keyValueLoraGroups, crossAttentionLoraGroups, linearLoraGroups].flatMap((groupsOf) =>
    groupsOf(config).flatMap(({ paths, inWidth, outWidth }) =>
      paths.map((path) => ({ path, inWidth, outWidth })),
    ),
  );
}

export const underscored = (path: string): string => path.replaceAll('.', '_');

/** What the original code calls a layer of the U-Net, by diffusers' name of it. */
export function originalNames(entries: readonly SingleFileEntry[]): ReadonlyMap<string, string> {
  return new Map(
    entries
      .filter(([, network, [name = '']]) => network === 'unet' && name.endsWith('.weight'))
      .map(([original, , [name = '']]) => [
        name.replace(/\.weight$/, ''),
        original.replace('model.diffusion_model.', '').replace(/\.weight$/, ''),
      ]),
  );
}

/**
 * A LoRA of rank 3 on the layers of the golden U-Net, with an alpha of 2 where the format says one: a fifth of
 * the weights' own size, so that the picture stays one and a fault shows.
 */
export function linearLora(layers: readonly LinearLayer[], format: LoraFormat, seed: number): Uint8Array {
  const random = createRandom(seed);
  const originals = originalNames(singleFileNames().tiny);
  const tensors = new Map<string, SafetensorsInput>();
  const draw = (rows: number, columns: number, size: number): SafetensorsInput => ({
    shape: [rows, columns],
    data: Float32Array.from({ length: rows * columns }, () => random.uniform(-size, size)),
  });
  for (const { path, inWidth, outWidth } of layers) {
    const down = draw(RANK, inWidth, inWidth ** -0.5);
    const up = draw(outWidth, RANK, 0.2);
    if (format === 'diffusers') {
      tensors.set(`unet.${path}.lora_A.weight`, down).set(`unet.${path}.lora_B.weight`, up);
      continue;
    }
    const name = format === 'kohya' ? path : (originals.get(path) ?? path);
    const key = `lora_unet_${underscored(name)}`;
    tensors.set(`${key}.lora_down.weight`, down).set(`${key}.lora_up.weight`, up);
    tensors.set(`${key}.alpha`, { shape: [], data: Float32Array.of(ALPHA) });
  }
  return encodeSafetensors(tensors);
}
