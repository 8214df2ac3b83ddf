import * as ort from 'onnxruntime-node';
import { ortRuntime } from './ort-runtime.ts';
import type { Runtime } from './runtime.ts';

export interface NodeRuntimeOptions {
  /** Threads inside one operator; 0 lets the runtime take every core. */
  readonly threads?: number;
}

/** onnxruntime-node on the CPU: tests, evaluation and the command line. */
export function createNodeRuntime({ threads = 0 }: NodeRuntimeOptions = {}): Runtime {
  const report = {
    provider: 'cpu',
    label: threads === 0 ? 'CPU, all cores' : `CPU, ${threads} threads`,
    reason: 'Node runs graphs on the processor.',
    threads,
    float16: false,
    fusedAttention: true,
  } as const;
  return ortRuntime(ort, report, {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
}
