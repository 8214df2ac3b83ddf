import { z } from 'zod';
import { AppError } from '../shared/errors.ts';
import { resizeBicubic } from './resize.ts';
import { flatten, type RgbaImage } from './rgba-image.ts';

/** MS-Diffusion squashes every reference photo to this size first, aspect ratio or not. */
const PHOTO_SIZE = 512;

const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073];
const CLIP_STD = [0.26862954, 0.26130258, 0.27577711];

const side = z.number().int().positive();
const sizeSchema = z.union([
  side,
  z.object({ shortest_edge: side }).transform((size) => size.shortest_edge),
  z
    .object({ height: side, width: side })
    .refine((size) => size.height === size.width, { error: 'the size must be square' })
    .transform((size) => size.height),
]);
const threeNumbers = z.array(z.number()).length(3);
const level = z.number().int().min(0).max(255);
/** Pillow's number of the bicubic filter. */
const BICUBIC = 3;

/**
 * transformers preprocessor_config.json of a CLIPImageProcessor; absent fields are its defaults. A field of
 * this project's own, `photo_ground`, is the colour (8 bits a channel) that the model knows behind objects
 * that were cut out: black by default, as MS-Diffusion is trained.
 */
const preprocessorSchema = z
  .object({
    size: sizeSchema.default(224),
    crop_size: sizeSchema.optional(),
    resample: z.literal(BICUBIC).default(BICUBIC),
    do_resize: z.literal(true).default(true),
    do_rescale: z.literal(true).default(true),
    do_normalize: z.literal(true).default(true),
    rescale_factor: z.number().default(1 / 255),
    image_mean: threeNumbers.default(CLIP_MEAN),
    image_std: threeNumbers.default(CLIP_STD),
    photo_ground: z.tuple([level, level, level]).default([0, 0, 0]),
  })
  .refine(({ size, crop_size: crop }) => crop === undefined || crop === size, {
    error: 'crop_size must equal size: photos are square when they are cropped',
  })
  .transform((config) => ({
    size: config.size,
    rescale: config.rescale_factor,
    mean: config.image_mean,
    std: config.image_std,
    ground: config.photo_ground,
  }));

export type Preprocessor = z.infer<typeof preprocessorSchema>;

/** Throws AppError 'bad-checkpoint' for a processor that does something else than CLIP's. */
export function parsePreprocessor(config: unknown): Preprocessor {
  const parsed = preprocessorSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  throw new AppError(
    'bad-checkpoint',
    `preprocessor_config.json is not that of a CLIP image encoder: ${z.prettifyError(parsed.error)}`,
    { cause: parsed.error },
  );
}

/**
 * A photo as the image encoder takes it: on the model's ground where it is transparent, squashed to 512²,
 * resized to `size`² (by default the processor's), scaled to 0..1 and normalised → [3, size, size], row-major.
 */
export function preprocessPhoto(
  photo: RgbaImage,
  processor: Preprocessor,
  size: number = processor.size,
): Float32Array {
  const squashed = resizeBicubic(flatten(photo, processor.ground), PHOTO_SIZE, PHOTO_SIZE);
  const { data } = resizeBicubic(squashed, size, size);
  const plane = size * size;
  const pixels = new Float32Array(3 * plane);
  for (let channel = 0; channel < 3; channel += 1) {
    const [mean, std] = [processor.mean[channel] ?? 0, processor.std[channel] ?? 1];
    for (let index = 0; index < plane; index += 1) {
      pixels[channel * plane + index] = ((data[index * 4 + channel] ?? 0) * processor.rescale - mean) / std;
    }
  }
  return pixels;
}
