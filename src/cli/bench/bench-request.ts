import { rgbaImage, type RgbaImage } from '../../images/rgba-image.ts';
import { type GenerationRequest, requestSchema } from '../../shared/request.ts';
import type { PackManifest } from '../../weights/pack-manifest.ts';

/** A guided picture of two objects in a pack's own size. */
export function benchRequest({ defaults, id }: PackManifest, steps: number): GenerationRequest {
  return requestSchema.parse({
    ...defaults,
    pack: id,
    prompt: 'a bear is hugging a rabbit',
    steps,
    guidance: Math.max(defaults.guidance, 2),
    seed: 1,
    objects: [
      { image: 'first', phrase: 'bear', box: [0, 0, 0.6, 1] },
      { image: 'second', phrase: 'rabbit', box: [0.4, 0, 1, 1] },
    ],
  });
}

/** The photo of both objects: what it shows does not matter for time or rounding. */
export function benchPhoto(): Promise<RgbaImage> {
  return Promise.resolve(rgbaImage(64, 64, new Uint8ClampedArray(4 * 64 * 64).fill(128)));
}
