import { z } from 'zod';
import { AbortError, AppError } from '../shared/errors.ts';
import { errorToData } from './error-data.ts';
import {
  type CallKind,
  type EventOf,
  type ParamsOf,
  PROTOCOL,
  type ResultOf,
  type ToPage,
  toWorkerSchema,
} from './protocol.ts';

export interface CallContext<K extends CallKind> {
  readonly signal: AbortSignal;
  /** Reports on the way; buffers are copied, not transferred. */
  readonly emit: (event: EventOf<K>) => void;
}

export type Handlers = {
  readonly [K in CallKind]: (params: ParamsOf<K>, context: CallContext<K>) => Promise<ResultOf<K>>;
};

/** What the host needs of a worker's global scope. */
export interface HostPort {
  postMessage(message: ToPage, transfer: Transferable[]): void;
  onMessage(listener: (data: unknown) => void): void;
}

/** Calls that hold the device run one after another; the others answer at once. */
const QUEUED: Readonly<Record<CallKind, boolean>> = {
  'describe-device': true,
  'open-pack': true,
  generate: true,
  'install-lora': true,
  'inspect-photo': false,
};

/** The buffers of a result's own typed arrays; they change hands instead of being copied. */
function buffersOf(result: object): ArrayBuffer[] {
  const values: unknown[] = Object.values(result);
  return values
    .filter((value) => ArrayBuffer.isView(value))
    .map((view) => view.buffer)
    .filter((buffer) => buffer instanceof ArrayBuffer);
}

function parseParams<Params>(parser: z.ZodType<Params>, params: unknown): Params {
  const parsed = parser.safeParse(params);
  if (parsed.success) return parsed.data;
  throw new AppError('bad-request', `The request cannot be used: ${z.prettifyError(parsed.error)}`, {
    cause: parsed.error,
  });
}

/**
 * Serves calls on a port: parses them, runs the handlers (queued where they share the device), sends
 * events, results and errors back as data. A failed call answers its own caller only.
 */
export function serveEngine(port: HostPort, handlers: Handlers): void {
  const running = new Map<number, AbortController>();
  let queue: Promise<void> = Promise.resolve();

  async function answer<K extends CallKind>(
    id: number,
    kind: K,
    handler: Handlers[K],
    params: unknown,
  ): Promise<void> {
    const controller = running.get(id) ?? new AbortController();
    try {
      if (controller.signal.aborted) throw new AbortError();
      const result = await handler(parseParams(PROTOCOL[kind].params, params), {
        signal: controller.signal,
        emit: (event) => {
          port.postMessage({ type: 'event', id, event }, []);
        },
      });
      port.postMessage({ type: 'result', id, result }, buffersOf(result));
    } catch (thrown) {
      if (thrown instanceof AbortError) port.postMessage({ type: 'cancelled', id }, []);
      else port.postMessage({ type: 'error', id, error: errorToData(thrown) }, []);
    } finally {
      running.delete(id);
    }
  }

  port.onMessage((data) => {
    const message = toWorkerSchema.parse(data);
    if (message.type === 'cancel') {
      running.get(message.id)?.abort();
      return;
    }
    const { id, kind, params } = message;
    running.set(id, new AbortController());
    // `answer` never rejects, so one failure cannot hold up the calls behind it.
    if (QUEUED[kind]) queue = queue.then(() => answer(id, kind, handlers[kind], params));
    else void answer(id, kind, handlers[kind], params);
  });
}
