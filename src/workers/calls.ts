import { z } from 'zod';
import { errorDataSchema } from './error-data.ts';

/**
 * What every protocol between a page and a worker has in common: calls of several kinds, each with
 * parameters, a result and events on the way. One map of types says what each kind takes and gives; one
 * table of parsers says the same to the runtime, and which calls wait for each other.
 */
export interface CallShape {
  readonly params: unknown;
  readonly result: unknown;
  readonly event: unknown;
}
export type CallMap<C> = { readonly [K in keyof C]: CallShape };
export type Kind<C> = keyof C & string;

export type Protocol<C extends CallMap<C>> = {
  readonly [K in keyof C]: {
    readonly params: z.ZodType<C[K]['params']>;
    readonly result: z.ZodType<C[K]['result']>;
    readonly event: z.ZodType<C[K]['event']>;
    /** Calls of these kinds run one after another; the others answer at once. */
    readonly queued: boolean;
  };
};

const id = z.number().int().positive();

/** Page to worker. `params` is parsed by the table once the kind is known. */
export const toWorkerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('call'), id, kind: z.string(), params: z.unknown() }),
  z.object({ type: z.literal('cancel'), id }),
]);

/** Worker to page; every message names the call it belongs to. */
export const toPageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('event'), id, event: z.unknown() }),
  z.object({ type: z.literal('result'), id, result: z.unknown() }),
  z.object({ type: z.literal('error'), id, error: errorDataSchema }),
  z.object({ type: z.literal('cancelled'), id }),
]);

export type ToWorker = z.infer<typeof toWorkerSchema>;
export type ToPage = z.infer<typeof toPageSchema>;

/** What a client needs of a `Worker`. */
export interface WorkerLike {
  postMessage(message: ToWorker): void;
  terminate(): void;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: ((event: { readonly message?: string }) => void) | null;
  onmessageerror: (() => void) | null;
}

/** What the host needs of a worker's global scope. */
export interface HostPort {
  postMessage(message: ToPage, transfer: Transferable[]): void;
  onMessage(listener: (data: unknown) => void): void;
}
