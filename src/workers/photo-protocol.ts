import { z } from 'zod';
import { type Box, boxSchema } from '../shared/request.ts';
import { errorDataSchema } from './error-data.ts';
import type { PhotoFacts } from './protocol.ts';

/**
 * What passes between a page and the worker that works on photos: it is apart from the engine's, so that a
 * photo can be cut out while a picture is made. Places are 0..1 of the photo as it is seen.
 */

/** Longest side of a photo and its mask while it is cut out: twice what the encoders see. */
export const MASK_SIDE = 1024;

const unit = z.number().min(0).max(1);
const pointSchema = z.object({ x: z.number(), y: z.number() }).readonly();

/** One change of the mask. Radius and feather are parts of the photo's longest side. */
export const maskChangeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('stroke'),
    points: z.array(pointSchema).readonly(),
    radius: unit,
    keep: z.boolean(),
    /** False goes on with the stroke of the change before, as one step to undo. */
    begins: z.boolean(),
  }),
  z.object({ kind: z.literal('fill'), x: unit, y: unit, tolerance: unit, keep: z.boolean() }),
  z.object({ kind: z.literal('background'), tolerance: unit }),
  z.object({ kind: z.literal('keep-all') }),
  z.object({ kind: z.literal('feather'), feather: unit }),
  z.object({ kind: z.literal('undo') }),
  z.object({ kind: z.literal('redo') }),
]);
export type MaskChange = z.infer<typeof maskChangeSchema>;

export interface MaskFacts {
  readonly width: number;
  readonly height: number;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Part of the photo that is kept, 0..1. */
  readonly kept: number;
}

/** The photo as it is cut out now, transparent where it is gone. */
export interface MaskView extends MaskFacts {
  readonly frame: ImageBitmap;
}

export interface CutOutFile {
  /** A grey picture: white is kept. */
  readonly mask: Blob;
  /** Softness of the edge, a part of the photo's longest side. */
  readonly feather: number;
}

export interface PhotoCalls {
  /** Opens a photo to see whether it can be, and makes a smaller one to show where it is large. */
  inspect: {
    readonly params: { readonly file: Blob; readonly displaySide: number };
    readonly result: PhotoFacts & { readonly display: Blob | null };
  };
  'open-mask': {
    readonly params: { readonly file: Blob; readonly cutOut: CutOutFile | null };
    readonly result: MaskView;
  };
  'change-mask': { readonly params: { readonly change: MaskChange }; readonly result: MaskView };
  'save-mask': { readonly params: null; readonly result: { readonly mask: Blob } };
  /** The photo as the engine gets it: a PNG, cropped, and transparent where it is cut out. */
  render: {
    readonly params: {
      readonly file: Blob;
      readonly crop: Box | null;
      readonly cutOut: CutOutFile | null;
    };
    readonly result: { readonly file: Blob };
  };
}
export type PhotoCallKind = keyof PhotoCalls;

const blob = z.instanceof(Blob);
const side = z.number().int().positive();
const cutOutSchema = z.object({ mask: blob, feather: unit }).nullable();
const maskViewSchema = z.object({
  width: side,
  height: side,
  canUndo: z.boolean(),
  canRedo: z.boolean(),
  kept: unit,
  frame: z.custom<ImageBitmap>((value) => value instanceof ImageBitmap),
});
const fileSchema = z.object({ file: blob });

export const PHOTO_PROTOCOL: {
  readonly [K in PhotoCallKind]: {
    readonly params: z.ZodType<PhotoCalls[K]['params']>;
    readonly result: z.ZodType<PhotoCalls[K]['result']>;
  };
} = {
  inspect: {
    params: z.object({ file: blob, displaySide: side }),
    result: z.object({ width: side, height: side, display: blob.nullable() }),
  },
  'open-mask': { params: z.object({ file: blob, cutOut: cutOutSchema }), result: maskViewSchema },
  'change-mask': { params: z.object({ change: maskChangeSchema }), result: maskViewSchema },
  'save-mask': { params: z.null(), result: z.object({ mask: blob }) },
  render: {
    params: z.object({ file: blob, crop: boxSchema.nullable(), cutOut: cutOutSchema }),
    result: fileSchema,
  },
};

const id = z.number().int().positive();

export const photoQuestionSchema = z.object({
  id,
  kind: z.enum(['inspect', 'open-mask', 'change-mask', 'save-mask', 'render']),
  params: z.unknown(),
});
export type PhotoQuestion = z.infer<typeof photoQuestionSchema>;

export const photoAnswerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('result'), id, result: z.unknown() }),
  z.object({ type: z.literal('error'), id, error: errorDataSchema }),
]);
export type PhotoAnswer = z.infer<typeof photoAnswerSchema>;
