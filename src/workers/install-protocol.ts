import { z } from 'zod';
import { type Footprint, footprintSchema } from '../gpu/pipeline/footprint.ts';
import { modelSourcesSchema, type ModelSources } from '../gpu/packing/sdxl-recipe.ts';
import type { InstallProgress } from '../weights/install/install-networks.ts';
import {
  packIdSchema,
  type PackManifest,
  packManifestSchema,
  PRECISIONS,
  type Precision,
} from '../weights/pack-manifest.ts';
import type { Protocol } from './calls.ts';
import { CUT_OUT_MODEL_PROTOCOL, type CutOutModelCalls } from './cut-out-protocol.ts';
import {
  bytesSchema,
  endpointSchema,
  type Keys,
  keysSchema,
  type Licence,
  licenceSchema,
  progressSchema,
} from './install-basics.ts';

/** Everything that passes between a page and its install worker. */

/** What is to be installed: enough to go on after the page was closed, but for keys. */
export const installRequestSchema = z.object({
  id: packIdSchema,
  title: z.string().min(1),
  sources: modelSourcesSchema,
  precision: z.enum(PRECISIONS),
  endpoint: endpointSchema,
});
export type InstallRequest = z.infer<typeof installRequestSchema>;

export interface PackChoice {
  readonly precision: Precision;
  readonly storedBytes: number;
  readonly stageBytes: number;
  readonly footprint: Footprint;
}

export interface InstallOffer {
  /** Set where the base is a pack already: it is copied as it is, under its own name. */
  readonly pack?: { readonly id: string; readonly title: string; readonly licence: Licence } | undefined;
  readonly downloadBytes: number;
  readonly choices: readonly PackChoice[];
  /** Steps, guidance and size that the pack brings. */
  readonly defaults: PackManifest['defaults'];
  /** Network → where it comes from, at which commit. */
  readonly origins: readonly { readonly network: string; readonly source: string }[];
}

/** A model that is complete. */
export interface CompleteModel {
  readonly kind: 'installed';
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly licence: Licence;
  readonly precision: string;
  readonly storedBytes: number;
  readonly footprint: Footprint;
  readonly defaults: PackManifest['defaults'];
}

export type LibraryEntry =
  | CompleteModel
  | {
      readonly kind: 'unfinished';
      readonly request: InstallRequest;
      readonly doneBytes: number;
      readonly totalBytes: number;
    }
  /** Neither: it can only be taken away. */
  | { readonly kind: 'damaged'; readonly id: string };

export interface LibraryContents {
  readonly entries: readonly LibraryEntry[];
  readonly usedBytes: number;
  readonly quotaBytes: number;
}

/** A LoRA file that a repository of the hub offers. */
export interface OfferedLora {
  readonly name: string;
  readonly url: string;
  readonly byteLength: number;
}

export interface InstallCalls extends CutOutModelCalls {
  'describe-pack': {
    readonly params: { readonly url: string };
    readonly result: CompleteModel;
    readonly event: never;
  };
  'list-loras': {
    readonly params: {
      /** "owner/name" */
      readonly repository: string;
      readonly endpoint?: string | undefined;
      readonly keys: Keys;
    };
    readonly result: { readonly licence: string; readonly loras: readonly OfferedLora[] };
    readonly event: never;
  };
  'list-library': {
    readonly params: Record<string, never>;
    readonly result: LibraryContents;
    readonly event: never;
  };
  'plan-install': {
    readonly params: {
      readonly sources: ModelSources;
      /** Another host with the hub's interface. */
      readonly endpoint?: string | undefined;
      readonly keys: Keys;
    };
    readonly result: InstallOffer;
    readonly event: never;
  };
  'install-pack': {
    readonly params: { readonly request: InstallRequest; readonly keys: Keys };
    readonly result: { readonly id: string };
    readonly event: InstallProgress;
  };
  'remove-pack': {
    readonly params: { readonly id: string };
    readonly result: { readonly id: string };
    readonly event: never;
  };
}

const defaultsSchema = packManifestSchema.unwrap().shape.defaults;

/** Each pack has its own lock: no call waits for another. */
const completeModelSchema = z.object({
  kind: z.literal('installed'),
  id: z.string(),
  title: z.string(),
  description: z.string(),
  licence: licenceSchema,
  precision: z.string(),
  storedBytes: bytesSchema,
  footprint: footprintSchema,
  defaults: defaultsSchema,
});

export const INSTALL_PROTOCOL: Protocol<InstallCalls> = {
  ...CUT_OUT_MODEL_PROTOCOL,
  'list-library': {
    queued: false,
    params: z.record(z.string(), z.never()),
    result: z.object({
      entries: z.array(
        z.discriminatedUnion('kind', [
          completeModelSchema,
          z.object({
            kind: z.literal('unfinished'),
            request: installRequestSchema,
            doneBytes: bytesSchema,
            totalBytes: bytesSchema,
          }),
          z.object({ kind: z.literal('damaged'), id: z.string() }),
        ]),
      ),
      usedBytes: bytesSchema,
      quotaBytes: bytesSchema,
    }),
    event: z.never(),
  },
  'describe-pack': {
    queued: false,
    params: z.object({ url: z.string() }),
    result: completeModelSchema,
    event: z.never(),
  },
  'list-loras': {
    params: z.object({ repository: z.string(), endpoint: endpointSchema, keys: keysSchema }),
    result: z.object({
      licence: z.string(),
      loras: z.array(z.object({ name: z.string(), url: z.string(), byteLength: bytesSchema })),
    }),
    event: z.never(),
    queued: false,
  },
  'plan-install': {
    queued: false,
    params: z.object({
      sources: modelSourcesSchema,
      endpoint: endpointSchema,
      keys: keysSchema,
    }),
    result: z.object({
      downloadBytes: bytesSchema,
      choices: z.array(
        z.object({
          precision: z.enum(PRECISIONS),
          storedBytes: bytesSchema,
          stageBytes: bytesSchema,
          footprint: footprintSchema,
        }),
      ),
      defaults: defaultsSchema,
      pack: z.object({ id: packIdSchema, title: z.string(), licence: licenceSchema }).optional(),
      origins: z.array(z.object({ network: z.string(), source: z.string() })),
    }),
    event: z.never(),
  },
  'install-pack': {
    queued: false,
    params: z.object({ request: installRequestSchema, keys: keysSchema }),
    result: z.object({ id: z.string() }),
    event: progressSchema,
  },
  'remove-pack': {
    queued: false,
    params: z.object({ id: packIdSchema }),
    result: z.object({ id: z.string() }),
    event: z.never(),
  },
};
