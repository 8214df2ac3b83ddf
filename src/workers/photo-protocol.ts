import { z } from 'zod';
import { type Box, boxSchema } from '../shared/request.ts';
import type { Protocol } from './calls.ts';
import type { PhotoFacts } from './protocol.ts';

/**
 * What passes between a page and the worker that works on photos: it is apart from the engine's, so that a
 * photo can be cut out while a picture is made. Places are 0..1 of the photo as it is seen.
 */

/** Longest side of a photo and its mask while it is cut out: twice what the encoders see. */
export const MASK_SIDE = 1024;

const unit = z.number().min(0).max(1);
const pointSchema = z.object({ x: z.number(), y: z.number() }).readonly();

/** A mask that was found elsewhere, of any size. */
const foundMaskSchema = z
  .object({
    width: z.number().int().positive(),
    height: z.number().int().positive(),
    data: z.instanceof(Uint8ClampedArray<ArrayBuffer>),
  })
  .readonly()
  .refine(({ width, height, data }) => data.length === width * height, {
    error: 'a mask has a value for each pixel',
  });

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
  z.object({
    kind: z.literal('object'),
    found: foundMaskSchema,
    /** The part of the photo that was looked at; null is all of it. */
    crop: boxSchema.nullable(),
  }),
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
    readonly event: never;
  };
  'open-mask': {
    readonly params: { readonly file: Blob; readonly cutOut: CutOutFile | null };
    readonly result: MaskView;
    readonly event: never;
  };
  'change-mask': {
    readonly params: { readonly change: MaskChange };
    readonly result: MaskView;
    readonly event: never;
  };
  'save-mask': {
    readonly params: null;
    readonly result: { readonly mask: Blob };
    readonly event: never;
  };
  /** Draws a character that the seed decides, as a photo: a PNG. Never one that a model was trained on. */
  'draw-example': {
    readonly params: { readonly seed: number };
    readonly result: { readonly file: Blob; readonly phrase: string; readonly description: string };
    readonly event: never;
  };
  /** The photo as the engine gets it: a PNG, cropped, and transparent where it is cut out. */
  render: {
    readonly params: {
      readonly file: Blob;
      readonly crop: Box | null;
      readonly cutOut: CutOutFile | null;
    };
    readonly result: { readonly file: Blob };
    readonly event: never;
  };
}

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
/** One photo is open at a time: every call waits for the one before. */
export const PHOTO_PROTOCOL: Protocol<PhotoCalls> = {
  inspect: {
    queued: true,
    params: z.object({ file: blob, displaySide: side }),
    result: z.object({ width: side, height: side, display: blob.nullable() }),
    event: z.never(),
  },
  'open-mask': {
    queued: true,
    params: z.object({ file: blob, cutOut: cutOutSchema }),
    result: maskViewSchema,
    event: z.never(),
  },
  'change-mask': {
    queued: true,
    params: z.object({ change: maskChangeSchema }),
    result: maskViewSchema,
    event: z.never(),
  },
  'save-mask': { queued: true, params: z.null(), result: z.object({ mask: blob }), event: z.never() },
  'draw-example': {
    queued: true,
    params: z.object({ seed: z.number().int().nonnegative() }),
    result: z.object({ file: blob, phrase: z.string(), description: z.string() }),
    event: z.never(),
  },
  render: {
    queued: true,
    params: z.object({ file: blob, crop: boxSchema.nullable(), cutOut: cutOutSchema }),
    result: z.object({ file: blob }),
    event: z.never(),
  },
};
