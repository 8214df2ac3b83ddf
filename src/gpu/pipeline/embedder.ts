import { preprocessPhoto } from '../../images/preprocess.ts';
import type { RgbaImage } from '../../images/rgba-image.ts';
import { AppError } from '../../shared/errors.ts';
import { buildClipVision } from '../networks/clip-vision.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { loadModel } from './model.ts';
import { type EnginePack, shardByteLengths, shardsFor } from './pack.ts';
import { createSessionCache } from './session-cache.ts';
import { attentionFor } from './stage-context.ts';
import { floatTensor, readFloats } from './tensors.ts';
import { createTextStage } from './text-stage.ts';

/** Pictures and texts in the space that a pack's CLIP pair shares; vectors [P], not normalised. */
export interface Embedder {
  embedImage(image: RgbaImage): Promise<Float32Array>;
  embedText(text: string): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/**
 * transformers' `image_embeds` of the image encoder and `text_embeds` of the second text encoder, whose
 * projections end in one space (as in SDXL, where both are CLIP ViT-bigG). Throws AppError 'bad-pack' for
 * a pack without the image projection: it can draw, but not be compared.
 */
export async function openEmbedder(runtime: Runtime, pack: EnginePack): Promise<Embedder> {
  const model = await loadModel(pack);
  const { component, config } = model.imageEncoder;
  if (!component.tensors.has('visual_projection.weight')) {
    throw new AppError(
      'bad-pack',
      `The image encoder of "${pack.manifest.id}" has no projection into the space of the texts. Pack the checkpoint again.`,
    );
  }
  const lengths = shardByteLengths(pack.manifest);
  const sessions = createSessionCache({
    runtime,
    readShard: shardsFor(runtime, pack),
    shardByteLength: (shard) => lengths.get(shard) ?? 0,
    maxResidentBytes: Infinity,
  });
  const attention = attentionFor(runtime.report);
  const texts = createTextStage(model, { sessions, runtime, attention, computeType: 'float32' });
  return {
    async embedImage(image) {
      const session = await sessions.get({
        key: 'image_encoder:embeds',
        build: () => buildClipVision(config, component, { batch: 1, outputs: ['embeds'], attention }),
      });
      const size = config.image_size;
      const pixels = preprocessPhoto(image, model.preprocessor, size);
      const outputs = await session.run({ pixels: floatTensor([1, 3, size, size], pixels) });
      return readFloats(outputs['embeds'], 'embeds');
    },
    embedText: (text) => texts.embedText(text),
    dispose: () => sessions.dispose(),
  };
}
