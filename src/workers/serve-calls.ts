import type { z } from 'zod';
import { AbortError, AppError } from '../shared/errors.ts';
import { describeFaults, REPORT_INPUT } from '../shared/faults.ts';
import { type CallMap, type HostPort, type Kind, type Protocol, toWorkerSchema } from './calls.ts';
import { errorToData } from './error-data.ts';

export interface CallContext<Event> {
  readonly signal: AbortSignal;
  /** Reports on the way; buffers are copied, not transferred. */
  readonly emit: (event: Event) => void;
}

export type HandlersOf<C extends CallMap<C>> = {
  readonly [K in keyof C]: (
    params: C[K]['params'],
    context: CallContext<C[K]['event']>,
  ) => Promise<C[K]['result']>;
};

/** A result's own typed arrays and frames; they change hands instead of being copied. */
function transferableOf(result: unknown): Transferable[] {
  const values: unknown[] = typeof result === 'object' && result !== null ? Object.values(result) : [];
  const buffers = values
    .filter((value) => ArrayBuffer.isView(value))
    .map((view) => view.buffer)
    .filter((buffer) => buffer instanceof ArrayBuffer);
  // Node, where tests run, knows no frames.
  if (typeof ImageBitmap === 'undefined') return buffers;
  return [...buffers, ...values.filter((value) => value instanceof ImageBitmap)];
}

function parseParams<Params>(parser: z.ZodType<Params>, params: unknown): Params {
  const parsed = parser.safeParse(params, REPORT_INPUT);
  if (parsed.success) return parsed.data;
  throw new AppError('bad-request', `The request cannot be used: ${describeFaults(parsed.error)}`, {
    cause: parsed.error,
  });
}

/**
 * Serves calls on a port: parses them, runs the handlers, sends events, results and errors back as data.
 * A failed call answers its own caller only.
 */
export function serveCalls<C extends CallMap<C>>(
  port: HostPort,
  protocol: Protocol<C>,
  handlers: HandlersOf<C>,
): void {
  const running = new Map<number, AbortController>();
  let queue: Promise<void> = Promise.resolve();

  const isKind = (kind: string): kind is Kind<C> => Object.hasOwn(protocol, kind);

  async function answer(id: number, kind: string, params: unknown): Promise<void> {
    const controller = running.get(id) ?? new AbortController();
    try {
      if (controller.signal.aborted) throw new AbortError();
      if (!isKind(kind)) throw new AppError('bad-request', `There is no call "${kind}".`);
      const result = await handlers[kind](parseParams(protocol[kind].params, params), {
        signal: controller.signal,
        emit: (event) => {
          port.postMessage({ type: 'event', id, event }, []);
        },
      });
      port.postMessage({ type: 'result', id, result }, transferableOf(result));
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
    if (isKind(kind) && protocol[kind].queued) queue = queue.then(() => answer(id, kind, params));
    else void answer(id, kind, params);
  });
}
