import { z } from 'zod';
import type {
  GenerateProgress,
  GenerationResult,
  LoraSummary,
  Preview,
  TokenCount,
} from '../gpu/pipeline/types.ts';
import { footprintSchema } from '../gpu/pipeline/footprint.ts';
import type { DevicePreference } from '../gpu/runtime/choose-device.ts';
import type { DeviceReport } from '../gpu/runtime/runtime.ts';
import { type GenerationRequest, requestSchema } from '../shared/request.ts';
import { packDescriptionSchema, packManifestSchema } from '../weights/pack-manifest.ts';
import type { Protocol } from './calls.ts';
import type { HandlersOf } from './serve-calls.ts';

/** Everything that passes between a page and its engine worker. */

/** What the device menu offers, best first. */
export const DEVICE_PREFERENCES = [
  'auto',
  'webgpu',
  'wasm',
  'software-webgpu',
] as const satisfies readonly DevicePreference[];
export type { DevicePreference };

export interface OpenPackParams {
  /** URL of the folder that holds pack.json. */
  readonly url: string;
  readonly device: DevicePreference;
}

/** What a page needs of a pack's manifest: all but its tensors, which are thousands and take long to read. */
export const packSummarySchema = packDescriptionSchema
  .extend(packManifestSchema.unwrap().pick({ relationLoras: true, fewSteps: true }).shape)
  .extend(footprintSchema.unwrap().shape)
  .readonly();
export type PackSummary = z.infer<typeof packSummarySchema>;

export interface OpenedPack {
  readonly manifest: PackSummary;
  readonly device: DeviceReport;
}

export interface GenerateParams {
  readonly request: GenerationRequest;
  /** The files of the request's photos, by the name that its objects use. */
  readonly photos: ReadonlyMap<string, Blob>;
}

export type GenerateEvent =
  | { readonly kind: 'progress'; readonly progress: GenerateProgress }
  | { readonly kind: 'preview'; readonly preview: Preview };

export interface PhotoFacts {
  /** After EXIF orientation is applied. */
  readonly width: number;
  readonly height: number;
}

export interface EngineCalls {
  'describe-device': {
    readonly params: { readonly device: DevicePreference };
    readonly result: DeviceReport;
    readonly event: never;
  };
  'open-pack': { readonly params: OpenPackParams; readonly result: OpenedPack; readonly event: never };
  generate: {
    readonly params: GenerateParams;
    readonly result: GenerationResult;
    readonly event: GenerateEvent;
  };
  'install-lora': {
    readonly params: { readonly id: string; readonly bytes: Uint8Array };
    readonly result: LoraSummary;
    readonly event: never;
  };
  'count-tokens': {
    readonly params: { readonly text: string };
    readonly result: TokenCount;
    readonly event: never;
  };
  'inspect-photo': {
    readonly params: { readonly file: Blob };
    readonly result: PhotoFacts;
    readonly event: never;
  };
}

export type CallKind = keyof EngineCalls;
export type ParamsOf<K extends CallKind> = EngineCalls[K]['params'];
export type ResultOf<K extends CallKind> = EngineCalls[K]['result'];
export type EventOf<K extends CallKind> = EngineCalls[K]['event'];

const count = z.number().int().nonnegative();
const pixels = z.instanceof(Uint8ClampedArray<ArrayBuffer>);
const milliseconds = z.number().nonnegative();

const deviceSchema = z.object({
  provider: z.enum(['cpu', 'wasm', 'webgpu']),
  label: z.string(),
  reason: z.string(),
  threads: count,
  float16: z.boolean(),
  fusedAttention: z.boolean(),
});

const progressSchema = z.discriminatedUnion('stage', [
  z.object({ stage: z.literal('photos') }),
  z.object({ stage: z.literal('words') }),
  z.object({ stage: z.literal('drawing'), step: count, steps: count }),
  z.object({ stage: z.literal('developing') }),
]);

export type Handlers = HandlersOf<EngineCalls>;

/** Calls that hold the device are queued. */
export const PROTOCOL: Protocol<EngineCalls> = {
  'describe-device': {
    queued: true,
    params: z.object({ device: z.enum(DEVICE_PREFERENCES) }),
    result: deviceSchema,
    event: z.never(),
  },
  'open-pack': {
    queued: true,
    params: z.object({ url: z.string().min(1), device: z.enum(DEVICE_PREFERENCES) }),
    result: z.object({ manifest: packSummarySchema, device: deviceSchema }),
    event: z.never(),
  },
  generate: {
    queued: true,
    params: z.object({ request: requestSchema, photos: z.map(z.string(), z.instanceof(Blob)) }),
    result: z.object({
      width: count,
      height: count,
      pixels,
      timings: z.object({
        photos: milliseconds,
        words: milliseconds,
        drawing: milliseconds,
        developing: milliseconds,
        total: milliseconds,
      }),
      cutTexts: z.array(
        z.object({ field: z.enum(['prompt', 'negativePrompt', 'phrase']), index: count, text: z.string() }),
      ),
      device: deviceSchema,
    }),
    event: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('progress'), progress: progressSchema }),
      z.object({
        kind: z.literal('preview'),
        preview: z.object({ step: count, width: count, height: count, pixels }),
      }),
    ]),
  },
  'install-lora': {
    queued: true,
    params: z.object({ id: z.string().min(1), bytes: z.instanceof(Uint8Array) }),
    result: z.object({ rank: count, layers: count, ignoredKeys: count }),
    event: z.never(),
  },
  'count-tokens': {
    queued: false,
    params: z.object({ text: z.string() }),
    result: z.object({ count, capacity: count }),
    event: z.never(),
  },
  'inspect-photo': {
    queued: false,
    params: z.object({ file: z.instanceof(Blob) }),
    result: z.object({ width: count, height: count }),
    event: z.never(),
  },
};
