import type { CallMap, HostPort, Protocol, WorkerLike } from './calls.ts';
import { type EngineCalls, type Handlers, PROTOCOL } from './protocol.ts';
import { AppError } from '../shared/errors.ts';
import { requestSchema } from '../shared/request.ts';
import { type HandlersOf, serveCalls } from './serve-calls.ts';

/** For tests: a worker's two ends in one process, with structured clone between them as in a browser. */
export interface FakeWorker extends WorkerLike {
  readonly terminated: boolean;
  /** As if the worker had crashed. */
  crash(message: string): void;
}

export function createFakeWorker(handlers: Handlers): FakeWorker {
  return fakeWorkerOf<EngineCalls>(PROTOCOL, handlers);
}

/** For tests: the same of any protocol. */
export function fakeWorkerOf<C extends CallMap<C>>(
  protocol: Protocol<C>,
  handlers: HandlersOf<C>,
): FakeWorker {
  let terminated = false;
  let deliverToHost: ((data: unknown) => void) | undefined;
  const worker: FakeWorker = {
    onmessage: null,
    onerror: null,
    onmessageerror: null,
    get terminated() {
      return terminated;
    },
    postMessage(message) {
      const data: unknown = structuredClone(message);
      queueMicrotask(() => {
        if (!terminated) deliverToHost?.(data);
      });
    },
    terminate() {
      terminated = true;
    },
    crash(message) {
      worker.onerror?.({ message });
    },
  };
  const port: HostPort = {
    postMessage(message, transfer) {
      const data: unknown = structuredClone(message, { transfer });
      queueMicrotask(() => {
        if (!terminated) worker.onmessage?.({ data });
      });
    },
    onMessage(listener) {
      deliverToHost = listener;
    },
  };
  serveCalls<C>(port, protocol, handlers);
  return worker;
}

function notExpected(): Promise<never> {
  return Promise.reject(new AppError('internal', 'This test does not expect the call.'));
}

/** For tests: handlers of which only the given ones answer. */
export function handlersWith(some: Partial<Handlers>): Handlers {
  return {
    'describe-device': notExpected,
    'open-pack': notExpected,
    generate: notExpected,
    'install-lora': notExpected,
    'count-tokens': notExpected,
    'inspect-photo': notExpected,
    ...some,
  };
}

export const testDevice = {
  provider: 'wasm',
  label: 'wasm, 2 threads',
  reason: 'no hardware adapter',
  threads: 2,
  float16: false,
  fusedAttention: false,
} as const;

export const testRequest = requestSchema.parse({
  pack: 'toybox',
  prompt: 'a bear is hugging a rabbit',
  steps: 4,
  sampler: 'euler',
  guidance: 3,
  identityScale: 0.6,
  seed: 1,
  width: 64,
  height: 64,
});
