import { z } from 'zod';
import { boxSchema, MAX_OBJECTS, SAMPLERS, type Box } from '../../shared/request.ts';
import { MOST_LORAS } from './loras.ts';
import { MOST_IN_BATCH } from './queue.ts';

/**
 * What a person edits: the requested settings, apart from the settings that made a picture. Everything in
 * here is undoable and kept between visits; photos are named by the SHA-256 of their files.
 */
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** How a photo was made from the one that came in; both are kept, so that it can be changed or taken back. */
export const photoEditSchema = z
  .object({
    /** SHA-256 of the photo as it came in. */
    original: sha256Schema,
    /** The part that is left of it, as it is seen (EXIF orientation applied); null is all. */
    crop: boxSchema.nullable(),
    /** The stored mask of the whole original, and the softness of its edge as a part of the longest side. */
    cutOut: z
      .object({ mask: sha256Schema, feather: z.number().min(0).max(1) })
      .readonly()
      .nullable(),
  })
  .readonly();
export type PhotoEdit = z.infer<typeof photoEditSchema>;

export const photoRefSchema = z
  .object({ sha256: sha256Schema, name: z.string(), edit: photoEditSchema.optional() })
  .readonly();
export type PhotoRef = z.infer<typeof photoRefSchema>;

export const editorObjectSchema = z
  .object({
    id: z.string().min(1),
    photo: photoRefSchema.nullable(),
    phrase: z.string().max(200),
    weight: z.number().min(0).max(2),
    box: boxSchema,
    /** The box stays where it is, whatever moves boxes. */
    locked: z.boolean().default(false),
  })
  .readonly();
export type EditorObject = z.infer<typeof editorObjectSchema>;

export const editorLoraSchema = z
  .object({ id: z.string().min(1), weight: z.number().min(-4).max(4), on: z.boolean() })
  .readonly();
export type EditorLora = z.infer<typeof editorLoraSchema>;

export const editorSchema = z
  .object({
    objects: z.array(editorObjectSchema).max(MAX_OBJECTS).readonly(),
    /** Object ids from the lowest box to the topmost. */
    stack: z.array(z.string()).readonly(),
    prompt: z.string(),
    negativePrompt: z.string(),
    /** RelationLoRAs, added up by the engine; the relation is named after the first. */
    loras: z.array(editorLoraSchema).max(MOST_LORAS).readonly().default([]),
    /** The first RelationLoRA follows the relation in the prompt by itself; false once a person chose it. */
    relationFollows: z.boolean().default(false),
    /** The pack's few-step LoRA is in use. */
    fewSteps: z.boolean().default(false),
    steps: z.number().int().min(1).max(200),
    sampler: z.enum(SAMPLERS),
    guidance: z.number().min(0).max(30),
    identityScale: z.number().min(0).max(2),
    localTokens: z.boolean(),
    seed: z.number().int().min(0).max(4294967295),
    /** False draws a new seed for every picture. */
    seedLocked: z.boolean(),
    width: z.number().int().min(64).max(2048),
    height: z.number().int().min(64).max(2048),
    /** Pictures of one press, with seeds in a row. */
    batch: z.number().int().min(1).max(MOST_IN_BATCH).default(1),
    /** Folder of the pack. */
    pack: z.string().min(1),
    /** The pack whose defaults the numbers above started from; empty before the first one opened. */
    tunedFor: z.string(),
  })
  .readonly();
export type Editor = z.infer<typeof editorSchema>;

/** Hashes of all photos that an editor needs: as they are used, as they came in, and their masks. */
export function photoHashesOf({ objects }: Editor): readonly string[] {
  return objects.flatMap(({ photo }) => {
    if (photo === null) return [];
    const { sha256, edit } = photo;
    return [
      sha256,
      ...(edit === undefined ? [] : [edit.original, ...(edit.cutOut === null ? [] : [edit.cutOut.mask])]),
    ];
  });
}

export const EMBEDDED_PACK = 'toybox';

/** Where objects stand before anybody moved them: side by side, then in the gaps. */
const FIRST_BOXES: readonly Box[] = [
  [0.1, 0.22, 0.48, 0.92],
  [0.52, 0.22, 0.9, 0.92],
  [0.34, 0.3, 0.66, 0.94],
  [0.38, 0.06, 0.62, 0.44],
];

/** A starting box for the object with that index, 0 to 3. */
export function startingBox(index: number): Box {
  return FIRST_BOXES[index] ?? [0.25, 0.25, 0.75, 0.75];
}

export function emptyObject(id: string, index: number): EditorObject {
  return { id, photo: null, phrase: '', weight: 1, box: startingBox(index), locked: false };
}

/** The object with its box elsewhere; as it was where the box is locked or there is no other. */
export function withBox(object: EditorObject, box: Box | undefined): EditorObject {
  return box === undefined || object.locked ? object : { ...object, box };
}

/** The editor before the example's photos are drawn and before a pack told its defaults. */
export function initialEditor(): Editor {
  return {
    objects: [emptyObject('a', 0), emptyObject('b', 1)],
    stack: ['a', 'b'],
    prompt: '',
    negativePrompt: '',
    loras: [],
    relationFollows: true,
    fewSteps: false,
    steps: 20,
    sampler: 'euler',
    guidance: 3,
    identityScale: 1,
    localTokens: true,
    seed: 7,
    seedLocked: false,
    width: 256,
    height: 256,
    batch: 1,
    pack: EMBEDDED_PACK,
    tunedFor: '',
  };
}
