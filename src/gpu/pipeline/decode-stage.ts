import type { LatentSize } from '../../sampling/size.ts';
import { throwIfAborted } from '../../shared/errors.ts';
import { buildVaeDecoder, decoderBytesPerCell, type VaeDecoderPart } from '../networks/vae-decoder.ts';
import type { Session } from '../runtime/runtime.ts';
import { unscaleLatents } from './decode.ts';
import type { Model } from './model.ts';
import type { StageContext } from './stage-context.ts';
import { floatTensor, readFloats } from './tensors.ts';
import { createBlend, cutTile, type Planes, tileAxis, tileSize } from './tiles.ts';

/** Share of a tile that it has in common with its neighbour, as in diffusers' `tiled_decode`. */
const OVERLAP = 0.25;
export interface DecodeOptions {
  readonly maxDecoderBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Latents [C,h,w] in the U-Net's units → the image [3,H,W] in about -1..1. Where a whole picture's
 * activations exceed the budget, the decoder's first part, which has attention over all positions, still
 * sees everything, and its second part, which holds nearly all of the memory, runs on overlapping tiles
 * whose seams are blended. Group norms then see one tile's statistics: measured in decode-stage.test.ts.
 */
export async function decodeLatents(
  model: Model,
  context: StageContext,
  latent: LatentSize,
  latents: Float32Array,
  { maxDecoderBytes, signal }: DecodeOptions,
): Promise<Float32Array> {
  const { config } = model.vae;
  const { latentHeight, latentWidth } = latent;
  const input = unscaleLatents(latents, config);
  const tile = tileSize(latent, decoderBytesPerCell(config), maxDecoderBytes);
  if (tile.latentHeight === latentHeight && tile.latentWidth === latentWidth) {
    const whole = await decoderPart(model, context, 'whole', latent);
    return run(whole, 'latents', [config.latentChannels, latentHeight, latentWidth], input, 'image');
  }
  const head = await decoderPart(model, context, 'head', latent);
  const channels = config.blockChannels.at(-1) ?? 0;
  const data = await run(
    head,
    'latents',
    [config.latentChannels, latentHeight, latentWidth],
    input,
    'hidden',
  );
  const hidden: Planes = { channels, height: latentHeight, width: latentWidth, data };
  const tail = await decoderPart(model, context, 'tail', tile);
  return blendTiles(hidden, tile, config.factor, async (part) => {
    throwIfAborted(signal);
    return run(tail, 'hidden', [channels, part.height, part.width], part.data, 'image');
  });
}

/** Runs `decode` over tiles of `hidden` and puts the pictures [3, h·factor, w·factor] together. */
export async function blendTiles(
  hidden: Planes,
  { latentHeight, latentWidth }: LatentSize,
  factor: number,
  decode: (tile: Planes) => Promise<Float32Array>,
): Promise<Float32Array> {
  const overlap = (side: number): number => Math.floor(side * OVERLAP);
  const rows = tileAxis(hidden.height, latentHeight, overlap(latentHeight));
  const columns = tileAxis(hidden.width, latentWidth, overlap(latentWidth));
  const ramp = overlap(Math.min(latentHeight, latentWidth)) * factor;
  const blend = createBlend(3, hidden.height * factor, hidden.width * factor);
  for (const top of rows.starts) {
    for (const left of columns.starts) {
      const part = cutTile(hidden, { top, left, height: rows.tile, width: columns.tile });
      const size = { channels: 3, height: part.height * factor, width: part.width * factor };
      blend.add({ ...size, data: await decode(part) }, top * factor, left * factor, ramp);
    }
  }
  return blend.finish();
}

function decoderPart(
  model: Model,
  { sessions, attention }: StageContext,
  part: VaeDecoderPart,
  { latentHeight, latentWidth }: LatentSize,
): Promise<Session> {
  const { component, config } = model.vae;
  // In float32 on every device: SDXL's own VAE overflows in float16.
  return sessions.get({
    key: `vae:${part}:${latentHeight}x${latentWidth}`,
    build: () => buildVaeDecoder(config, component, { latentHeight, latentWidth, attention, part }),
  });
}

async function run(
  session: Session,
  input: string,
  shape: readonly number[],
  data: Float32Array,
  output: string,
): Promise<Float32Array> {
  const outputs = await session.run({ [input]: floatTensor([1, ...shape], data) });
  return readFloats(outputs[output], output);
}
