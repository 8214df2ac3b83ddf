import { pipeline, RawImage } from '@huggingface/transformers';
import { type Mask } from '../../images/mask.ts';
import { flatten, type RgbaImage } from '../../images/rgba-image.ts';
import { AppError, messageOf } from '../../shared/errors.ts';
import type { CutOutType } from '../../weights/cut-out-model.ts';
import { ortError } from '../runtime/ort-errors.ts';

/** A background-removal model that is loaded. */
export interface Segmenter {
  /**
   * What stands out of a photo, at the photo's size: the model's own preprocessing, one run, and its answer as
   * 0..255. Throws AppError 'bad-checkpoint' for a model that does not mark one thing, 'out-of-memory'.
   */
  find(photo: RgbaImage): Promise<Mask>;
  dispose(): Promise<void>;
}

function unusable(what: string, cause?: unknown): AppError {
  return new AppError(
    'bad-checkpoint',
    `The model cannot find objects: ${what}. Delete it in the library and install another one.`,
    { cause },
  );
}

/** Loads a model by the name that transformers.js knows it by. Throws AppError 'bad-checkpoint', 'out-of-memory'. */
export async function openSegmenter(model: string, type: CutOutType): Promise<Segmenter> {
  const segment = await pipeline('image-segmentation', model, { dtype: type }).catch((thrown: unknown) => {
    const error = ortError('opening the model that finds objects', thrown);
    // What neither memory nor the network explains, the model's own files do.
    throw error.code === 'internal' ? unusable(messageOf(thrown), thrown) : error;
  });

  async function run(photo: RgbaImage): Promise<readonly FoundPart[]> {
    const { width, height, data } = flatten(photo);
    try {
      return await segment(new RawImage(data, width, height, 4).rgb());
    } catch (thrown) {
      const error = ortError('finding the object', thrown);
      throw error.code === 'internal' ? unusable(messageOf(thrown), thrown) : error;
    }
  }

  return {
    async find(photo) {
      const { width, height } = photo;
      const parts = await run(photo);
      const [part] = parts;
      if (part === undefined || parts.length > 1 || part.label !== null) {
        const named = parts.map(({ label }) => label ?? 'unnamed').slice(0, 3);
        throw unusable(
          `it names ${parts.length} parts of the photo (${named.join(', ')}) instead of marking one`,
        );
      }
      const { mask } = part;
      if (mask.channels !== 1 || mask.width !== width || mask.height !== height) {
        throw unusable(
          `its answer is ${mask.width} × ${mask.height} with ${mask.channels} channels, not one mask of ${width} × ${height}`,
        );
      }
      return { width, height, data: Uint8ClampedArray.from(mask.data) };
    },
    async dispose() {
      await segment.dispose();
    },
  };
}

/** What the library's pipeline gives for each thing it sees. */
interface FoundPart {
  readonly label: string | null;
  readonly mask: RawImage;
}
