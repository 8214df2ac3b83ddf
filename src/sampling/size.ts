import { AppError } from '../shared/errors.ts';

export interface SizeRules {
  /** Pixels per latent cell: 2^(levels of the VAE - 1), 8 for SDXL. */
  readonly vaeScale: number;
  /** How often the U-Net halves its input: levels - 1, 2 for SDXL. */
  readonly unetHalvings: number;
}

export interface LatentSize {
  readonly latentWidth: number;
  readonly latentHeight: number;
}

/** The multiple that a picture's sides must be: every level of the U-Net must see whole cells. */
export function sizeMultiple(rules: SizeRules): number {
  return rules.vaeScale * 2 ** rules.unetHalvings;
}

/** Latent cells of a picture in pixels; throws AppError 'bad-request' with the nearest size that works. */
export function latentSize(width: number, height: number, rules: SizeRules): LatentSize {
  const multiple = sizeMultiple(rules);
  if (width % multiple !== 0 || height % multiple !== 0) {
    const nearest = (side: number): number => Math.max(multiple, Math.round(side / multiple) * multiple);
    throw new AppError(
      'bad-request',
      `Width and height must be multiples of ${multiple} for this model, got ${width} × ${height}. ` +
        `Try ${nearest(width)} × ${nearest(height)}.`,
    );
  }
  return { latentWidth: width / rules.vaeScale, latentHeight: height / rules.vaeScale };
}
