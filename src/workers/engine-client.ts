import type { GenerateProgress, GenerationResult, LoraSummary, Preview } from '../gpu/pipeline/types.ts';
import type { DeviceReport } from '../gpu/runtime/runtime.ts';
import { AbortError, AppError, type ErrorCode } from '../shared/errors.ts';
import type { GenerationRequest } from '../shared/request.ts';
import { type CallOptions, createCallClient, endWorker } from './call-client.ts';
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
  let worker: WorkerLike | undefined;
  /** Settles once the running worker has everything its predecessor had. */
  let ready: Promise<WorkerLike> | undefined;
  let disposed = false;
  const calls = createCallClient<EngineCalls>(PROTOCOL, (error) => {
    if (SPOILS_WORKER.has(error.code)) end(error);
  });
  /** The calls whose effects live in the worker, for a successor. */
  let openedPack: OpenPackParams | undefined;
  const installedLoras = new Map<string, Uint8Array>();

  function end(error: Error): void {
    if (worker !== undefined) endWorker(worker);
    worker = undefined;
    ready = undefined;
    calls.rejectAll(error);
  }

  function start(): WorkerLike {
    const started = startWorker();
    calls.attach(started, (detail) => {
      end(
        new AppError(
          'worker-died',
          `The engine stopped unexpectedly${detail}. Your settings are kept; try again, with a smaller picture if it happens twice.`,
          { retryable: true },
        ),
      );
    });
    worker = started;
    return started;
  }

  async function startAndRestore(): Promise<WorkerLike> {
    const started = start();
    try {
      if (openedPack !== undefined) await calls.send(started, 'open-pack', openedPack);
      for (const [id, bytes] of installedLoras) await calls.send(started, 'install-lora', { id, bytes });
    } catch (error) {
      // The next call tries again from the beginning.
      if (worker === started) end(new AbortError('The engine could not be set up.'));
      throw error;
    }
    return started;
  }

  async function call<K extends CallKind>(
    kind: K,
    params: ParamsOf<K>,
    options: CallOptions<EventOf<K>> = {},
  ): Promise<ResultOf<K>> {
    if (disposed) throw new AppError('internal', 'The engine client was disposed and takes no more calls.');
    const target = await (ready ??= startAndRestore());
    if (options.signal?.aborted === true) throw new AbortError();
    return calls.send(target, kind, params, options);
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
    inspectPhoto: (file) => call('inspect-photo', { file }),
    restart() {
      end(new AbortError('The engine was restarted.'));
    },
    dispose() {
      disposed = true;
      end(new AbortError('The engine was closed.'));
    },
  };
}
