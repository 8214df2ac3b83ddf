import { AppError } from '../../shared/errors.ts';
import type { VaeConfig } from '../networks/vae-decoder.ts';

/**
 * Latents as the decoder takes them: per-channel statistics if the VAE has them (x·std/scale + mean),
 * else x/scale + shift. `latents` [C, cells], in the U-Net's units.
 */
export function unscaleLatents(latents: Float32Array, config: VaeConfig): Float32Array {
  const { latentChannels, latentsMean, latentsStd, scalingFactor, shiftFactor } = config;
  const cells = latents.length / latentChannels;
  return latents.map((value, index) => {
    const channel = Math.floor(index / cells);
    if (latentsMean === null || latentsStd === null) return value / scalingFactor + shiftFactor;
    return (value * (latentsStd[channel] ?? 1)) / scalingFactor + (latentsMean[channel] ?? 0);
  });
}

/**
 * A decoded image [3,H,W] in -1..1 as opaque RGBA: clamp(x/2 + 1/2) · 255, halves to even.
 * Throws AppError 'internal' if the model gave something that is no number.
 */
export function imageToPixels(image: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const count = image.length / 3;
  const pixels = new Uint8ClampedArray(4 * count);
  for (let index = 0; index < count; index += 1) {
    for (let color = 0; color < 3; color += 1) {
      const value = image[color * count + index] ?? NaN;
      if (!Number.isFinite(value)) {
        throw new AppError(
          'internal',
          'The model gave values that are no colours (an overflow on this device). Try the wasm device or another pack.',
          { retryable: true },
        );
      }
      // The clamped array rounds half to even, as NumPy does.
      pixels[4 * index + color] = (value / 2 + 0.5) * 255;
    }
    pixels[4 * index + 3] = 255;
  }
  return pixels;
}
