/**
 * Prints what the stages of SDXL with MS-Diffusion hold on the device, from the shapes of the official classes:
 * the weights of each in every precision, as Markdown.
 *
 *   npx tsx tests/full-size/stage-budget.ts
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { clipTextParameters, parseClipTextConfig } from '../../src/gpu/networks/clip-text.ts';
import { clipVisionParameters, parseClipVisionConfig } from '../../src/gpu/networks/clip-vision.ts';
import { parseResamplerConfig, resamplerParameters } from '../../src/gpu/networks/resampler.ts';
import { parseUnetConfig } from '../../src/gpu/networks/unet-config.ts';
import { crossAttentionParameters, unetParameters } from '../../src/gpu/networks/unet-parameters.ts';
import { parseVaeConfig, vaeDecoderParameters } from '../../src/gpu/networks/vae-decoder.ts';
import { encodedBytes, encodingOf } from '../../src/weights/encode-tensor.ts';
import type { Precision } from '../../src/weights/pack-manifest.ts';
import type { ParameterSpec } from '../../src/weights/types.ts';

const PRECISIONS = ['q4', 'q8', 'fp16'] as const;

function config(name: string): unknown {
  const file = new URL(`../golden/full-size/${name}.json.gz`, import.meta.url);
  return z.object({ config: z.unknown() }).parse(JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')))
    .config;
}

const unet = parseUnetConfig(config('unet'));
const STAGES: readonly (readonly [string, readonly ParameterSpec[]])[] = [
  ['text encoder L', clipTextParameters(parseClipTextConfig(config('text_encoder')))],
  ['text encoder G', clipTextParameters(parseClipTextConfig(config('text_encoder_2')))],
  ['image encoder bigG', clipVisionParameters(parseClipVisionConfig(config('image_encoder')))],
  ['Resampler', resamplerParameters(parseResamplerConfig(config('ms_adapter')))],
  ['keys and values', crossAttentionParameters(unet)],
  ['U-Net', unetParameters(unet)],
  ['VAE decoder', vaeDecoderParameters(parseVaeConfig(config('vae')))],
];

function megabytes(specs: readonly ParameterSpec[], precision: Precision): number {
  const bytes = specs.map((spec) => {
    const { data, scales } = encodedBytes(spec, encodingOf(spec, precision));
    return data + scales;
  });
  return Math.round(bytes.reduce((sum, own) => sum + own, 0) / 1e6);
}

process.stdout.write(`| stage | ${PRECISIONS.join(' | ')} |\n| --- |${' --- |'.repeat(PRECISIONS.length)}\n`);
for (const [name, specs] of STAGES) {
  process.stdout.write(
    `| ${name} | ${PRECISIONS.map((precision) => `${megabytes(specs, precision)} MB`).join(' | ')} |\n`,
  );
}
const all = STAGES.flatMap(([, specs]) => specs);
process.stdout.write(
  `| all, as stored | ${PRECISIONS.map((precision) => `${megabytes(all, precision)} MB`).join(' | ')} |\n`,
);
