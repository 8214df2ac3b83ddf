import { z } from 'zod';
import { CUT_OUT_TYPES, type CutOutType } from '../weights/cut-out-model.ts';
import type { InstallProgress } from '../weights/install/install-networks.ts';
import { type SourceSpec, sourceSpecSchema } from '../weights/sources/source-spec.ts';
import type { Protocol } from './calls.ts';
import {
  bytesSchema,
  endpointSchema,
  type Keys,
  keysSchema,
  type Licence,
  licenceSchema,
  progressSchema,
} from './install-basics.ts';

/** The part of the library's protocol that is about the one model that finds objects in photos. */

/** What is to be installed: enough to go on after the page was closed, but for files that were picked. */
export const cutOutRequestSchema = z.object({
  title: z.string().min(1),
  source: sourceSpecSchema,
  type: z.enum(CUT_OUT_TYPES),
  licence: licenceSchema,
  endpoint: endpointSchema,
});
export type CutOutRequest = z.infer<typeof cutOutRequestSchema>;

/** What a source offers, before any weight is fetched. */
export interface CutOutOffer {
  readonly title: string;
  /** Names the state that was looked at. */
  readonly source: SourceSpec;
  readonly licence: Licence;
  /** Whether the licence is a free one that this app knows. */
  readonly isFree: boolean;
  readonly choices: readonly { readonly type: CutOutType; readonly byteLength: number }[];
}

export type CutOutModelState =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'installed';
      readonly title: string;
      readonly source: string;
      readonly licence: Licence;
      readonly type: CutOutType;
      readonly storedBytes: number;
    }
  | {
      readonly kind: 'unfinished';
      readonly request: CutOutRequest;
      readonly doneBytes: number;
      readonly totalBytes: number;
    };

export interface CutOutModelCalls {
  'find-cut-out-model': {
    readonly params: Record<string, never>;
    readonly result: CutOutModelState;
    readonly event: never;
  };
  'plan-cut-out-model': {
    readonly params: {
      readonly source: SourceSpec;
      readonly endpoint?: string | undefined;
      readonly keys: Keys;
    };
    readonly result: CutOutOffer;
    readonly event: never;
  };
  'install-cut-out-model': {
    readonly params: { readonly request: CutOutRequest; readonly keys: Keys };
    readonly result: null;
    readonly event: InstallProgress;
  };
  'remove-cut-out-model': {
    readonly params: Record<string, never>;
    readonly result: null;
    readonly event: never;
  };
}

const nothing = z.record(z.string(), z.never());

export const CUT_OUT_MODEL_PROTOCOL: Protocol<CutOutModelCalls> = {
  'find-cut-out-model': {
    queued: false,
    params: nothing,
    result: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('none') }),
      z.object({
        kind: z.literal('installed'),
        title: z.string(),
        source: z.string(),
        licence: licenceSchema,
        type: z.enum(CUT_OUT_TYPES),
        storedBytes: bytesSchema,
      }),
      z.object({
        kind: z.literal('unfinished'),
        request: cutOutRequestSchema,
        doneBytes: bytesSchema,
        totalBytes: bytesSchema,
      }),
    ]),
    event: z.never(),
  },
  'plan-cut-out-model': {
    queued: false,
    params: z.object({ source: sourceSpecSchema, endpoint: endpointSchema, keys: keysSchema }),
    result: z.object({
      title: z.string(),
      source: sourceSpecSchema,
      licence: licenceSchema,
      isFree: z.boolean(),
      choices: z.array(z.object({ type: z.enum(CUT_OUT_TYPES), byteLength: bytesSchema })),
    }),
    event: z.never(),
  },
  'install-cut-out-model': {
    queued: false,
    params: z.object({ request: cutOutRequestSchema, keys: keysSchema }),
    result: z.null(),
    event: progressSchema,
  },
  'remove-cut-out-model': { queued: false, params: nothing, result: z.null(), event: z.never() },
};
