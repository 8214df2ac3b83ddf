import { parsePreprocessor, type Preprocessor } from '../../images/preprocess.ts';
import { AppError } from '../../shared/errors.ts';
import { parseSchedulerConfig, type SchedulerConfig } from '../../sampling/scheduler-config.ts';
import type { SizeRules } from '../../sampling/size.ts';
import type { StoredComponent } from '../../weights/types.ts';
import { type ClipTextConfig, parseClipTextConfig } from '../networks/clip-text.ts';
import { type ClipVisionConfig, parseClipVisionConfig } from '../networks/clip-vision.ts';
import { TOKENS_PER_OBJECT } from '../networks/masks.ts';
import { parseResamplerConfig, type ResamplerConfig } from '../networks/resampler.ts';
import { parseUnetConfig, type UnetConfig } from '../networks/unet-config.ts';
import { parseVaeConfig, type VaeConfig } from '../networks/vae-decoder.ts';
import { type ClipTokenizer, createClipTokenizer } from '../tokenizer/clip-tokenizer.ts';
import { type EnginePack, requireComponent } from './pack.ts';

export interface Network<Config> {
  readonly component: StoredComponent;
  readonly config: Config;
}

/** Every network of a pack with its parsed configuration, checked against each other. */
export interface Model {
  readonly tokenizers: readonly [ClipTokenizer, ClipTokenizer];
  readonly textEncoder: Network<ClipTextConfig>;
  readonly textEncoder2: Network<ClipTextConfig>;
  readonly imageEncoder: Network<ClipVisionConfig>;
  /** The encoder tuned for dense features; without it `imageEncoder` gives the local tokens. */
  readonly localEncoder: Network<ClipVisionConfig> | undefined;
  readonly resampler: Network<ResamplerConfig>;
  readonly crossAttention: StoredComponent;
  readonly unet: Network<UnetConfig>;
  readonly vae: Network<VaeConfig>;
  readonly preprocessor: Preprocessor;
  readonly scheduler: SchedulerConfig;
  readonly size: SizeRules;
}

function mustEqual(left: number, leftName: string, right: number, rightName: string): void {
  if (left === right) return;
  throw new AppError(
    'bad-pack',
    `The networks of this pack do not belong together: ${leftName} is ${left}, ${rightName} is ${right}.`,
  );
}

function checkFit(model: Model): void {
  const { textEncoder, textEncoder2, imageEncoder, resampler, unet, vae } = model;
  const contextWidth = textEncoder.config.hidden_size + textEncoder2.config.hidden_size;
  mustEqual(
    contextWidth,
    "the text encoders' width together",
    unet.config.contextWidth,
    "the U-Net's context",
  );
  mustEqual(
    textEncoder2.config.projection_dim,
    "text_encoder_2's projection",
    unet.config.pooledWidth,
    "the U-Net's pooled width",
  );
  mustEqual(
    textEncoder.config.hidden_size,
    "text_encoder's width",
    resampler.config.phrase_embeddings_dim,
    "the Resampler's phrase width",
  );
  mustEqual(
    imageEncoder.config.hidden_size,
    "the image encoder's width",
    resampler.config.embedding_dim,
    "the Resampler's input width",
  );
  mustEqual(
    resampler.config.output_dim,
    "the Resampler's output width",
    unet.config.contextWidth,
    "the U-Net's context",
  );
  mustEqual(resampler.config.num_queries, "the Resampler's token count", TOKENS_PER_OBJECT, "the engine's");
  mustEqual(
    vae.config.latentChannels,
    "the VAE's latent channels",
    unet.config.inChannels,
    "the U-Net's input channels",
  );
  if (model.localEncoder !== undefined) {
    mustEqual(
      model.localEncoder.config.hidden_size,
      "the local encoder's width",
      resampler.config.embedding_dim,
      "the Resampler's input width",
    );
  }
}

async function readTokenizers(pack: EnginePack): Promise<Model['tokenizers']> {
  const read = async (index: 0 | 1): Promise<ClipTokenizer> => {
    const { vocab, merges, padTokenId } = pack.manifest.tokenizers[index];
    const decoder = new TextDecoder();
    return createClipTokenizer({
      vocab: decoder.decode(await pack.readFile(vocab)),
      merges: decoder.decode(await pack.readFile(merges)),
      padTokenId,
    });
  };
  return [await read(0), await read(1)];
}

/**
 * Parses every configuration of a pack and reads its tokenizers; reads no weights. Throws AppError
 * 'bad-pack' or 'bad-checkpoint' saying which part cannot run or does not fit the others.
 */
export async function loadModel(pack: EnginePack): Promise<Model> {
  const network = <Config>(
    component: StoredComponent,
    parse: (config: unknown) => Config,
  ): Network<Config> => ({
    component,
    config: parse(component.config),
  });
  const local = pack.components.get('local_encoder');
  const unet = network(requireComponent(pack, 'unet'), parseUnetConfig);
  const vae = network(requireComponent(pack, 'vae'), parseVaeConfig);
  const model: Model = {
    tokenizers: await readTokenizers(pack),
    textEncoder: network(requireComponent(pack, 'text_encoder'), parseClipTextConfig),
    textEncoder2: network(requireComponent(pack, 'text_encoder_2'), parseClipTextConfig),
    imageEncoder: network(requireComponent(pack, 'image_encoder'), parseClipVisionConfig),
    localEncoder: local === undefined ? undefined : network(local, parseClipVisionConfig),
    resampler: network(requireComponent(pack, 'resampler'), parseResamplerConfig),
    crossAttention: requireComponent(pack, 'cross_attention'),
    unet,
    vae,
    preprocessor: parsePreprocessor(pack.manifest.preprocessor),
    scheduler: parseSchedulerConfig(pack.manifest.scheduler),
    size: { vaeScale: vae.config.factor, unetHalvings: unet.config.blockChannels.length - 1 },
  };
  checkFit(model);
  return model;
}
