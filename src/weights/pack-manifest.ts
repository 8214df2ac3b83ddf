import { z } from 'zod';
import { SAMPLERS } from '../shared/request.ts';

/** The versioned, validated description of a pack: what the engine needs to know before it reads a weight. */
export const PACK_FORMAT = 'relationbooth-pack';
export const PACK_VERSION = 1;

/** How the weights of a network are stored, in bits; see encode-tensor.ts. */
export const PRECISIONS = ['fp32', 'fp16', 'q8', 'q4'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** No part begins with a dot, so that no path leads out of the pack. */
const fileName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*(\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/, {
  error: 'a file name inside a pack uses letters, digits, dot, dash and underscore only',
});
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();

export const packFileSchema = z.object({ file: fileName, byteLength: count, sha256 }).readonly();

export const shardRangeSchema = z
  .object({ shard: fileName, byteOffset: count.multipleOf(64), byteLength: count })
  .readonly();
const shape = z.array(z.number().int().positive()).readonly();

export const storedTensorSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('dense'),
    name: z.string(),
    shape,
    type: z.enum(['float32', 'float16']),
    transposed: z.boolean(),
    data: shardRangeSchema,
  }),
  z.object({
    kind: z.literal('matmul-nbits'),
    name: z.string(),
    shape,
    bits: z.union([z.literal(4), z.literal(8)]),
    block: z.number().int().positive(),
    data: shardRangeSchema,
    scales: shardRangeSchema,
  }),
  z.object({
    kind: z.literal('conv-int8'),
    name: z.string(),
    shape,
    data: shardRangeSchema,
    scales: shardRangeSchema,
  }),
]);

export const componentSchema = z
  .object({
    config: z.record(z.string(), z.unknown()),
    precision: z.enum(PRECISIONS),
    source: z.string().optional(),
    shards: z.array(packFileSchema).readonly(),
    tensors: z.array(storedTensorSchema).readonly(),
  })
  .readonly();

/** Names of the networks of a pack. `local_encoder` is optional: without it `image_encoder` is used. */
export const COMPONENTS = [
  'text_encoder',
  'text_encoder_2',
  'image_encoder',
  'local_encoder',
  'resampler',
  'cross_attention',
  'unet',
  'vae',
] as const;
export type ComponentName = (typeof COMPONENTS)[number];

export const relationLoraEntrySchema = z
  .object({
    id: z.string().regex(/^[a-z0-9-]+$/),
    /** The relation as a person reads it, for example "hugging". */
    title: z.string().min(1),
    /** What it was trained on and for. */
    description: z.string(),
    /** Lemmas or phrases of the predicate that propose this LoRA, for example ["hug", "embrace"]. */
    predicates: z.array(z.string().min(1)).readonly(),
    objects: z.union([z.literal(1), z.literal(2)]),
    file: packFileSchema,
  })
  .readonly();

/** The name by which a request asks for a pack's few-step LoRA; no RelationLoRA's. */
export const FEW_STEPS = 'few-steps';

/** A LoRA that was distilled to draw in few steps, with what it was distilled for. */
export const fewStepsSchema = z
  .object({
    file: packFileSchema,
    sampler: z.enum(SAMPLERS),
    steps: z.number().int().positive(),
    guidance: z.number().nonnegative(),
  })
  .readonly();

/** Also the name of the pack's folder. */
export const packIdSchema = z.string().regex(/^[a-z0-9-]+$/);

export const packManifestSchema = z
  .object({
    format: z.literal(PACK_FORMAT),
    version: z.literal(PACK_VERSION),
    id: packIdSchema,
    title: z.string().min(1),
    description: z.string(),
    /** One honest sentence on what the model can and cannot draw. */
    limits: z.string(),
    licence: z.object({ name: z.string(), url: z.string() }).readonly(),
    defaults: z
      .object({
        steps: z.number().int().positive(),
        sampler: z.enum(SAMPLERS),
        guidance: z.number().nonnegative(),
        identityScale: z.number().nonnegative(),
        localTokens: z.boolean(),
        width: z.number().int().positive(),
        height: z.number().int().positive(),
        negativePrompt: z.string(),
      })
      .readonly(),
    /** diffusers scheduler_config.json of the checkpoint. */
    scheduler: z.record(z.string(), z.unknown()),
    /** CLIP tokenizer files: vocab.json and merges.txt, and the id that pads. */
    tokenizers: z
      .tuple([
        z.object({ vocab: packFileSchema, merges: packFileSchema, padTokenId: count }).readonly(),
        z.object({ vocab: packFileSchema, merges: packFileSchema, padTokenId: count }).readonly(),
      ])
      .readonly(),
    /** transformers preprocessor_config.json of the image encoder (size, mean, std). */
    preprocessor: z.record(z.string(), z.unknown()),
    /** [latentChannels + 1][3]: latent → RGB (0..1) by least squares, last row the bias; for cheap previews. */
    previewMatrix: z.array(z.array(z.number()).length(3).readonly()).readonly(),
    components: z.partialRecord(z.enum(COMPONENTS), componentSchema).readonly(),
    relationLoras: z.array(relationLoraEntrySchema).readonly(),
    fewSteps: fewStepsSchema.optional(),
  })
  .readonly();

export type PackFile = z.infer<typeof packFileSchema>;
export type PackComponent = z.infer<typeof componentSchema>;
export type RelationLoraEntry = z.infer<typeof relationLoraEntrySchema>;
export type FewSteps = z.infer<typeof fewStepsSchema>;
export type PackManifest = z.infer<typeof packManifestSchema>;

/** What a manifest says that no checkpoint file says. */
export const packDescriptionSchema = packManifestSchema.unwrap().pick({
  id: true,
  title: true,
  description: true,
  limits: true,
  licence: true,
  defaults: true,
});

export type DescribedPack = z.infer<typeof packDescriptionSchema>;

/** Every LoRA that comes with a pack, by the name that requests use. */
export function packLoras({
  relationLoras,
  fewSteps,
}: Pick<PackManifest, 'relationLoras' | 'fewSteps'>): ReadonlyMap<string, PackFile> {
  const loras = new Map(relationLoras.map(({ id, file }) => [id, file]));
  return fewSteps === undefined ? loras : loras.set(FEW_STEPS, fewSteps.file);
}
