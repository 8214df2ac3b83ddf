import { preprocessPhoto } from '../../images/preprocess.ts';
import type { RgbaImage } from '../../images/rgba-image.ts';
import { buildClipVision } from '../networks/clip-vision.ts';
import type { LocalGrid } from './experiments.ts';
import type { Model, Network } from './model.ts';
import type { ClipVisionConfig } from '../networks/clip-vision.ts';
import { createResultCache } from './result-cache.ts';
import type { StageContext } from './stage-context.ts';
import { floatTensor, readFloats } from './tensors.ts';

/** Where the pixels of a request's photos come from; called only for photos that are not remembered. */
export type LoadPhoto = (image: string) => Promise<RgbaImage>;

/** Tokens of one photo, rows of the encoder's width E. */
export interface PhotoTokens {
  /** [1+n², E] */
  readonly global: Float32Array;
  /** [16, E], or as many as the grid has cells */
  readonly local: Float32Array;
}

export interface PhotoStage {
  /** `image` must name the photo's content (its SHA-256), since results are remembered by it. */
  encodePhoto(image: string, load: LoadPhoto): Promise<PhotoTokens>;
}

/** A few photos a person switches between; 273 tokens of 1664 are 1.8 MB each. */
const REMEMBERED_PHOTOS = 16;

/** The CLIP image encoder and, if the pack has one, the encoder tuned for local tokens. */
export function createPhotoStage(
  model: Model,
  { sessions, attention, onDump }: StageContext,
  localGrid: LocalGrid = 4,
): PhotoStage {
  const cache = createResultCache<PhotoTokens>(REMEMBERED_PHOTOS);

  async function run(
    name: string,
    { component, config }: Network<ClipVisionConfig>,
    outputs: readonly ('hidden' | 'local')[],
    photo: RgbaImage,
  ): Promise<ReadonlyMap<string, Float32Array>> {
    const size = config.image_size;
    const session = await sessions.get({
      key: `${name}:${outputs.join('+')}`,
      build: () => buildClipVision(config, component, { batch: 1, outputs, localGrid, attention }),
    });
    const pixels = preprocessPhoto(photo, model.preprocessor, size);
    onDump?.(`${name}.pixels`, [3, size, size], pixels);
    const results = await session.run({ pixels: floatTensor([1, 3, size, size], pixels) });
    const floats = new Map<string, Float32Array>();
    for (const output of outputs) {
      const values = await readFloats(results[output], output);
      onDump?.(`${name}.${output}`, [values.length / config.hidden_size, config.hidden_size], values);
      floats.set(output, values);
    }
    return floats;
  }

  return {
    encodePhoto: (image, load) =>
      cache.remember(image, async () => {
        const photo = await load(image);
        const { imageEncoder, localEncoder } = model;
        if (localEncoder === undefined) {
          const both = await run('image_encoder', imageEncoder, ['hidden', 'local'], photo);
          return {
            global: both.get('hidden') ?? new Float32Array(),
            local: both.get('local') ?? new Float32Array(),
          };
        }
        const global = await run('image_encoder', imageEncoder, ['hidden'], photo);
        const local = await run('local_encoder', localEncoder, ['local'], photo);
        return {
          global: global.get('hidden') ?? new Float32Array(),
          local: local.get('local') ?? new Float32Array(),
        };
      }),
  };
}
