import { z } from 'zod';
import { type Mask } from '../images/mask.ts';
import { type Box, boxSchema } from '../shared/request.ts';
import type { Protocol } from './calls.ts';

/** What passes between a page and the worker that finds objects: apart from the photo's, which must go on. */
export interface SegmentCalls {
  /** Marks what stands out in a photo or in a part of it, at the size of that part (its longest side at most {@link LOOK_SIDE}). */
  'find-object': {
    readonly params: { readonly file: Blob; readonly crop: Box | null };
    readonly result: Mask & {
      /** Part of what was looked at that is kept, 0..1. */
      readonly kept: number;
    };
    readonly event: { readonly stage: SegmentStage };
  };
}

export const SEGMENT_STAGES = ['opening', 'looking'] as const;
export type SegmentStage = (typeof SEGMENT_STAGES)[number];

/** What background-removal models see at most, and the size at which photos are cut out. */
export const LOOK_SIDE = 1024;

export const SEGMENT_PROTOCOL: Protocol<SegmentCalls> = {
  'find-object': {
    queued: true,
    params: z.object({ file: z.instanceof(Blob), crop: boxSchema.nullable() }),
    result: z.object({
      width: z.number().int().positive(),
      height: z.number().int().positive(),
      data: z.instanceof(Uint8ClampedArray<ArrayBuffer>),
      kept: z.number().min(0).max(1),
    }),
    event: z.object({ stage: z.enum(SEGMENT_STAGES) }),
  },
};
