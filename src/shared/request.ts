import { z } from 'zod';

/**
 * What makes a picture. The app saves it inside the PNG, the CLI reads it from a file, the worker
 * receives it: one schema for all three. Photos are named by the SHA-256 of their file's bytes; who
 * holds the bytes is the caller's business.
 */

/** Largest number of objects in one scene: the image branch is padded to it and masked. */
export const MAX_OBJECTS = 4;

export const SAMPLERS = [
  'euler',
  'euler-trailing',
  'euler-ancestral',
  'ddim',
  'dpmpp-2m',
  'dpmpp-2m-karras',
  'lcm',
] as const;
export type SamplerKind = (typeof SAMPLERS)[number];

const unit = z.number().min(0).max(1);

/** (x0, y0, x1, y1), each 0..1 of the picture's width and height, x0 < x1 and y0 < y1. */
export const boxSchema = z
  .tuple([unit, unit, unit, unit])
  .refine(([x0, y0, x1, y1]) => x0 < x1 && y0 < y1, {
    error: 'a box is [x0, y0, x1, y1] with x0 < x1 and y0 < y1, each between 0 and 1',
  })
  .readonly();
export type Box = z.infer<typeof boxSchema>;

export const objectSchema = z
  .object({
    /** SHA-256 (hex) of the photo's file, or a file path for the CLI. */
    image: z.string().min(1),
    /** The object's class phrase, for example "plush bear". Should occur in the prompt. */
    phrase: z.string().trim().min(1).max(200),
    box: boxSchema,
    /** Strength of this object's identity, relative to `identityScale`. */
    weight: z.number().min(0).max(2).default(1),
  })
  .readonly();
export type RequestObject = z.infer<typeof objectSchema>;

export const relationLoraSchema = z
  .object({
    /** The id of a RelationLoRA of the pack or the library, or a file path for the CLI. */
    lora: z.string().min(1),
    weight: z.number().min(-4).max(4).default(1),
  })
  .readonly();
export type RelationLoraUse = z.infer<typeof relationLoraSchema>;

const side = z.number().int().min(64).max(2048);

export const requestSchema = z
  .object({
    version: z.literal(1).default(1),
    pack: z.string().min(1),
    prompt: z
      .string()
      .trim()
      .min(1, { error: 'the prompt is empty: describe the scene, for example "a bear is hugging a rabbit"' }),
    negativePrompt: z.string().default(''),
    objects: z.array(objectSchema).max(MAX_OBJECTS).default([]).readonly(),
    relation: z.array(relationLoraSchema).max(8).default([]).readonly(),
    steps: z.number().int().min(1).max(200),
    sampler: z.enum(SAMPLERS),
    /** Classifier-free guidance; 1 or less runs without the unconditional pass. */
    guidance: z.number().min(0).max(30),
    /** Fractions of the steps [from, to) in which guidance is on. */
    guidanceInterval: z.tuple([unit, unit]).default([0, 1]).readonly(),
    /** γ of the masked parallel cross-attention: strength of the image branch (MS-Diffusion's `scale`). */
    identityScale: z.number().min(0).max(2),
    localTokens: z.boolean().default(true),
    seed: z.number().int().min(0).max(4294967295),
    width: side,
    height: side,
  })
  .readonly();

export type GenerationRequest = z.infer<typeof requestSchema>;
