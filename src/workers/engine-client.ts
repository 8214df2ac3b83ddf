import type { GenerateProgress, GenerationResult, LoraSummary, Preview } from '../gpu/pipeline/types.ts';
import type { DeviceReport } from '../gpu/runtime/runtime.ts';
import { AbortError, AppError, type ErrorCode } from '../shared/errors.ts';
import type { GenerationRequest } from '../shared/request.ts';
import { errorFromData } from './error-data.ts';
import {
  type CallKind,
  type DevicePreference,
  type EventOf,
  type OpenedPack,
  type OpenPackParams,
  type ParamsOf,
  type PhotoFacts,
  PROTOCOL,
  type ResultOf,
  toPageSchema,
  type ToWorker,
} from './protocol.ts';

/** What the client needs of a `Worker`. */
export interface WorkerLike {
  postMessage(message: ToWorker): void;
  terminate(): void;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: ((event: { readonly message?: string }) => void) | null;
  onmessageerror: (() => void) | null;
}

export interface CallOptions<K extends CallKind> {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: EventOf<K>) => void) | undefined;
}

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

interface Pending {
  onEvent(event: unknown): void;
  onResult(result: unknown): void;
  onError(error: Error): void;
}

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
  let lastId = 0;
  const pending = new Map<number, Pending>();
  /** The calls whose effects live in the worker, for a successor. */
  let openedPack: OpenPackParams | undefined;
  const installedLoras = new Map<string, Uint8Array>();

  function rejectAll(error: Error): void {
    const calls = [...pending.values()];
    pending.clear();
    for (const call of calls) call.onError(error);
  }

  function endWorker(error: Error): void {
    const ended = worker;
    worker = undefined;
    ready = undefined;
    if (ended !== undefined) {
      ended.onmessage = null;
      ended.onerror = null;
      ended.onmessageerror = null;
      ended.terminate();
    }
    rejectAll(error);
  }

  function receive(data: unknown): void {
    const message = toPageSchema.parse(data);
    const call = pending.get(message.id);
    // An answer to a call that was dropped by a restart has no one to go to.
    if (call === undefined) return;
    if (message.type === 'event') {
      call.onEvent(message.event);
      return;
    }
    pending.delete(message.id);
    switch (message.type) {
      case 'result':
        call.onResult(message.result);
        return;
      case 'error': {
        const error = errorFromData(message.error);
        call.onError(error);
        if (SPOILS_WORKER.has(error.code)) endWorker(error);
        return;
      }
      case 'cancelled':
        call.onError(new AbortError());
    }
  }

  function start(): WorkerLike {
    const started = startWorker();
    started.onmessage = ({ data }) => {
      receive(data);
    };
    const died = (detail: string): void => {
      endWorker(
        new AppError(
          'worker-died',
          `The engine stopped unexpectedly${detail}. Your settings are kept; try again, with a smaller picture if it happens twice.`,
          { retryable: true },
        ),
      );
    };
    started.onerror = ({ message }) => {
      died(message === undefined || message === '' ? '' : ` (${message})`);
    };
    started.onmessageerror = () => {
      died(' (a message could not be read)');
    };
    worker = started;
    return started;
  }

  function send<K extends CallKind>(
    target: WorkerLike,
    kind: K,
    params: ParamsOf<K>,
    options: CallOptions<K> = {},
  ): Promise<ResultOf<K>> {
    const { signal, onEvent } = options;
    lastId += 1;
    const id = lastId;
    return new Promise<ResultOf<K>>((resolve, reject) => {
      const cancel = (): void => {
        target.postMessage({ type: 'cancel', id });
      };
      const settle = (finish: () => void): void => {
        signal?.removeEventListener('abort', cancel);
        finish();
      };
      pending.set(id, {
        onEvent(event) {
          onEvent?.(PROTOCOL[kind].event.parse(event));
        },
        onResult(result) {
          settle(() => {
            const parsed = PROTOCOL[kind].result.safeParse(result);
            if (parsed.success) resolve(parsed.data);
            else
              reject(
                new AppError('internal', `The engine's answer to "${kind}" could not be read.`, {
                  cause: parsed.error,
                }),
              );
          });
        },
        onError(error) {
          settle(() => {
            reject(error);
          });
        },
      });
      signal?.addEventListener('abort', cancel, { once: true });
      target.postMessage({ type: 'call', id, kind, params });
    });
  }

  async function startAndRestore(): Promise<WorkerLike> {
    const started = start();
    try {
      if (openedPack !== undefined) await send(started, 'open-pack', openedPack);
      for (const [id, bytes] of installedLoras) await send(started, 'install-lora', { id, bytes });
    } catch (error) {
      // The next call tries again from the beginning.
      if (worker === started) endWorker(new AbortError('The engine could not be set up.'));
      throw error;
    }
    return started;
  }

  async function call<K extends CallKind>(
    kind: K,
    params: ParamsOf<K>,
    options: CallOptions<K> = {},
  ): Promise<ResultOf<K>> {
    if (disposed) throw new AppError('internal', 'The engine client was disposed and takes no more calls.');
    const target = await (ready ??= startAndRestore());
    if (options.signal?.aborted === true) throw new AbortError();
    return send(target, kind, params, options);
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
      endWorker(new AbortError('The engine was restarted.'));
    },
    dispose() {
      disposed = true;
      endWorker(new AbortError('The engine was closed.'));
    },
  };
}
