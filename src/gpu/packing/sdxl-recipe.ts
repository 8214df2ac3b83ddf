import { z } from 'zod';
import { sourceSpecSchema } from '../../weights/sources/source-spec.ts';
import type { PackDescription } from './plan-pack.ts';

/** The parts of a model that may be published apart from its base, by where they belong in its layout. */
export const PARTS = ['vae', 'image_encoder', 'local_encoder', 'ms_adapter'] as const;
export type PartName = (typeof PARTS)[number];

export const modelSourcesSchema = z.object({
  /** A diffusers folder of the SDXL family. */
  base: sourceSpecSchema,
  parts: z.partialRecord(z.enum(PARTS), sourceSpecSchema),
  /** A whole-SDXL `.safetensors` for U-Net, text encoders and VAE; the base then gives configurations and tokenizers. */
  singleFile: sourceSpecSchema.optional(),
  /** LoRA files that are added to the weights before they are quantized. */
  mergeLoras: z.array(z.object({ file: sourceSpecSchema, weight: z.number() })).optional(),
});
export type ModelSources = z.infer<typeof modelSourcesSchema>;

/** The official files of SDXL and MS-Diffusion. The repositories' file names are read from the hub, not known here. */
export const SDXL_SOURCES: ModelSources = {
  base: { kind: 'hub', repository: 'stabilityai/stable-diffusion-xl-base-1.0', revision: 'main' },
  parts: {
    // The original VAE overflows in float16.
    vae: { kind: 'hub', repository: 'madebyollin/sdxl-vae-fp16-fix', revision: 'main' },
    image_encoder: {
      kind: 'hub',
      repository: 'h94/IP-Adapter',
      revision: 'main',
      directory: 'sdxl_models/image_encoder',
    },
    ms_adapter: { kind: 'hub', repository: 'doge1516/MS-Diffusion', revision: 'main' },
  },
};

/** The settings of RelationBooth's published inference. */
export const PUBLISHED_DEFAULTS: PackDescription['defaults'] = {
  steps: 30,
  sampler: 'euler',
  guidance: 5,
  identityScale: 0.6,
  localTokens: true,
  width: 1024,
  height: 1024,
  negativePrompt: 'monochrome, lowres, bad anatomy, worst quality, low quality',
};

export const SDXL_DESCRIPTION: PackDescription = {
  id: 'sdxl-ms-diffusion',
  title: 'SDXL + MS-Diffusion',
  description: 'Stable Diffusion XL 1.0 with the MS-Diffusion adapter, quantized from the official files.',
  limits:
    'Draws real photos and styles at about 1024×1024; it needs a graphics card with WebGPU to be quick.',
  licence: {
    name: 'CreativeML Open RAIL++-M (SDXL), MIT (VAE), Apache-2.0 (image encoder, MS-Diffusion)',
    url: 'https://huggingface.co/stabilityai/stable-diffusion-xl-base-1.0/blob/main/LICENSE.md',
  },
  defaults: PUBLISHED_DEFAULTS,
};
