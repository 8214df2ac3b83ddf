import { allLoraGroups } from '../../src/gpu/networks/lora-groups.ts';
import type { Model } from '../../src/gpu/pipeline/model.ts';
import { createRandom, hashString } from '../../src/shared/random.ts';
import { networkOf } from '../../src/weights/lora-metadata.ts';
import { encodeSafetensors, type SafetensorsInput } from '../../src/weights/safetensors.ts';
import { type SingleFileEntry, singleFileNames } from './single-file.ts';

const KOHYA_PREFIXES = {
  unet: 'lora_unet_',
  text_encoder: 'lora_te1_',
  text_encoder_2: 'lora_te2_',
} as const;
const RANK = 3;
const ALPHA = 2;

export interface LinearLayer {
  readonly path: string;
  readonly inWidth: number;
  readonly outWidth: number;
}
export type LoraFormat = 'diffusers' | 'kohya' | 'kohya-original';

/** Every linear layer of a model's U-Net and text encoders, keys and values of cross-attention included. */
export function linearLayers({ unet, textEncoder, textEncoder2 }: Model): readonly LinearLayer[] {
  const groups = allLoraGroups({
    unet: unet.config,
    textEncoder: textEncoder.config,
    textEncoder2: textEncoder2.config,
  });
  return groups.flatMap(({ paths, inWidth, outWidth }) => paths.map((path) => ({ path, inWidth, outWidth })));
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
 * A LoRA of rank 3 on layers of the golden checkpoint, with an alpha of 2 where the format says one: a fifth of
 * the weights' own size, so that the picture stays one and a fault shows.
 */
export function linearLora(layers: readonly LinearLayer[], format: LoraFormat, seed: number): Uint8Array {
  const originals = originalNames(singleFileNames().tiny);
  const tensors = new Map<string, SafetensorsInput>();
  for (const { path, inWidth, outWidth } of layers) {
    // Of its own, so that a file without some layers has the same numbers in the others.
    const random = createRandom(hashString(`${seed} ${path}`));
    const draw = (rows: number, columns: number, size: number): SafetensorsInput => ({
      shape: [rows, columns],
      data: Float32Array.from({ length: rows * columns }, () => random.uniform(-size, size)),
    });
    const down = draw(RANK, inWidth, inWidth ** -0.5);
    const up = draw(outWidth, RANK, 0.2);
    const { network, inner } = networkOf(path);
    if (format === 'diffusers') {
      const key = `${network}.${inner}`;
      tensors.set(`${key}.lora_A.weight`, down).set(`${key}.lora_B.weight`, up);
      continue;
    }
    const name = format === 'kohya' ? inner : (originals.get(inner) ?? inner);
    const key = `${KOHYA_PREFIXES[network]}${underscored(name)}`;
    tensors.set(`${key}.lora_down.weight`, down).set(`${key}.lora_up.weight`, up);
    tensors.set(`${key}.alpha`, { shape: [], data: Float32Array.of(ALPHA) });
  }
  return encodeSafetensors(tensors);
}
