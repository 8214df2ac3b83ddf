import type { RequestObject } from '../../shared/request.ts';
import { fourierFeatures } from '../networks/fourier.ts';
import { IMAGE_TOKENS } from '../networks/masks.ts';
import { buildResampler, fourierSize } from '../networks/resampler.ts';
import type { Model } from './model.ts';
import type { PhotoTokens } from './photo-stage.ts';
import { createResultCache } from './result-cache.ts';
import type { StageContext } from './stage-context.ts';
import { concatFloats, floatTensor, readFloats } from './tensors.ts';

export interface ObjectInput {
  readonly object: RequestObject;
  readonly photo: PhotoTokens;
  /** Pooled state of the class phrase [P], and what tells it from the same phrase with other LoRAs. */
  readonly phrase: Float32Array;
  readonly phraseKey: string;
  readonly useLocalTokens: boolean;
  /** The photo that the local tokens are taken from, if not the object's own. */
  readonly localPhoto?: { readonly image: string; readonly tokens: PhotoTokens };
}

export interface ObjectStage {
  /** The object's tokens [16, D]. */
  encodeObject(input: ObjectInput): Promise<Float32Array>;
  /** Forgets the objects it remembers. */
  forget(): void;
}

const REMEMBERED_OBJECTS = 16;

/** What an object's tokens depend on; its weight acts later, in the masks. */
export function objectKey({ image, phrase, box }: RequestObject, useLocalTokens: boolean): string {
  return JSON.stringify([image, phrase, box, useLocalTokens]);
}

/** The grounding Resampler: a photo's tokens, the class phrase and the box become 16 tokens. */
export function createObjectStage(model: Model, { sessions, attention, onDump }: StageContext): ObjectStage {
  const cache = createResultCache<Float32Array>(REMEMBERED_OBJECTS);
  const { component, config } = model.resampler;

  return {
    encodeObject: ({ object, photo, phrase, phraseKey, useLocalTokens, localPhoto }) => {
      const key = [objectKey(object, useLocalTokens), phraseKey, localPhoto?.image ?? ''];
      return cache.remember(JSON.stringify(key), async () => {
        const { local } = localPhoto?.tokens ?? photo;
        const tokens = useLocalTokens ? concatFloats([photo.global, local]) : photo.global;
        const tokenCount = tokens.length / config.embedding_dim;
        const session = await sessions.get({
          key: `resampler:${tokenCount}`,
          build: () => buildResampler(config, component, { objects: 1, tokenCount, attention }),
        });
        const fourier = fourierFeatures(object.box, config.fourier_freqs, config.fourier_temperature);
        const outputs = await session.run({
          tokens: floatTensor([1, tokenCount, config.embedding_dim], tokens),
          phrase: floatTensor([1, config.phrase_embeddings_dim], phrase),
          fourier: floatTensor([1, fourierSize(config)], fourier),
        });
        const result = await readFloats(outputs['objectTokens'], 'objectTokens');
        onDump?.('resampler.objectTokens', [config.num_queries, config.output_dim], result);
        return result;
      });
    },
    forget() {
      cache.clear();
    },
  };
}

/** Tokens of all objects in order [1,64,D]; absent objects are zero. */
export function packObjectTokens(objects: readonly Float32Array[], width: number): Float32Array {
  const packed = new Float32Array(IMAGE_TOKENS * width);
  packed.set(concatFloats(objects));
  return packed;
}
