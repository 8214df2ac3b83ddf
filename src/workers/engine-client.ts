import type {
  GenerateProgress,
  GenerationResult,
  LoraSummary,
  Preview,
  TokenCount,
} from '../gpu/pipeline/types.ts';
import type { DeviceReport } from '../gpu/runtime/runtime.ts';
import { AbortError, AppError, type ErrorCode } from '../shared/errors.ts';
import type { GenerationRequest } from '../shared/request.ts';
import { type CallOptions, createCallClient } from './call-client.ts';
import type { WorkerLike } from './calls.ts';
import {
  type CallKind,
  type DevicePreference,
  type EngineCalls,
  type EventOf,
  type OpenedPack,
  type OpenPackParams,
  type ParamsOf,
  type PhotoFacts,
  PROTOCOL,
  type ResultOf,
} from './protocol.ts';

export interface GenerateOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: GenerateProgress) => void) | undefined;
  readonly onPreview?: ((preview: Preview) => void) | undefined;
}

/** The engine as the page sees it. Cancelled calls reject with AbortError, failed ones with AppError. */
export interface EngineClient {
  describeDevice(device: DevicePreference): Promise<DeviceReport>;
  openPack(params: OpenPackParams, signal?: AbortSignal): Promise<OpenedPack>;
  /** `photos` maps each `image` of the request's objects to its file. */
  generate(
    request: GenerationRequest,
    photos: ReadonlyMap<string, Blob>,
    options?: GenerateOptions,
  ): Promise<GenerationResult>;
  /** Reads a LoRA file and checks it against the open pack; requests then name it by `id`. */
  installLora(id: string, bytes: Uint8Array): Promise<LoraSummary>;
  /** How much of the open pack's room a prompt takes. */
  countTokens(text: string): Promise<TokenCount>;
  inspectPhoto(file: Blob): Promise<PhotoFacts>;
  /** Ends the worker; running calls are cancelled. The next call starts another, which gives all memory back. */
  restart(): void;
  dispose(): void;
}

/**
 * After these the worker is of no more use: a lost device does not come back to its sessions, and a
 * WebAssembly heap never shrinks. The next call starts another one.
 */
const SPOILS_WORKER: ReadonlySet<ErrorCode> = new Set(['device-lost', 'out-of-memory']);

/**
 * Speaks the protocol with a worker it starts when first needed. A worker that dies rejects its calls
 * with AppError 'worker-died' (retryable); the next call starts another one, which first opens the same
 * pack and installs the same LoRAs again.
 */
export function createEngineClient(startWorker: () => WorkerLike): EngineClient {
  let disposed = false;
  /** The calls whose effects live in the worker, for a successor. */
  let openedPack: OpenPackParams | undefined;
  const installedLoras = new Map<string, Uint8Array>();
  const calls = createCallClient<EngineCalls>(PROTOCOL, {
    startWorker,
    died: (detail) =>
      new AppError(
        'worker-died',
        `The engine stopped unexpectedly${detail}. Your settings are kept; try again, with a smaller picture if it happens twice.`,
        { retryable: true },
      ),
    async setUp(restore) {
      if (openedPack !== undefined) await restore('open-pack', openedPack);
      for (const [id, bytes] of installedLoras) await restore('install-lora', { id, bytes });
    },
    onFailure(error) {
      if (SPOILS_WORKER.has(error.code)) calls.end(error);
    },
  });

  async function call<K extends CallKind>(
    kind: K,
    params: ParamsOf<K>,
    options: CallOptions<EventOf<K>> = {},
  ): Promise<ResultOf<K>> {
    if (disposed) throw new AppError('internal', 'The engine client was disposed and takes no more calls.');
    return calls.call(kind, params, options);
  }

  return {
    describeDevice: (device) => call('describe-device', { device }),
    async openPack(params, signal) {
      openedPack = undefined;
      installedLoras.clear();
      const opened = await call('open-pack', params, { signal });
      openedPack = params;
      return opened;
    },
    generate: (request, photos, { signal, onProgress, onPreview } = {}) =>
      call(
        'generate',
        { request, photos },
        {
          signal,
          onEvent(event) {
            if (event.kind === 'progress') onProgress?.(event.progress);
            else onPreview?.(event.preview);
          },
        },
      ),
    async installLora(id, bytes) {
      const summary = await call('install-lora', { id, bytes });
      installedLoras.set(id, bytes);
      return summary;
    },
    countTokens: (text) => call('count-tokens', { text }),
    inspectPhoto: (file) => call('inspect-photo', { file }),
    restart() {
      calls.end(new AbortError('The engine was restarted.'));
    },
    dispose() {
      disposed = true;
      calls.end(new AbortError('The engine was closed.'));
    },
  };
}
