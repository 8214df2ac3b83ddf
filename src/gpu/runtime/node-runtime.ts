import * as ort from 'onnxruntime-node';
import type { InferenceSession } from 'onnxruntime-common';
import { type Ort, ortRuntime } from './ort-runtime.ts';
import { type DeviceReport, keepOnHost, type Runtime } from './runtime.ts';

export interface NodeRuntimeOptions {
  /** Threads inside one operator; 0 lets the runtime take every core. */
  readonly threads?: number;
  /** false: no block for a whole run beside the pool that the first run filled; measured in docs/benchmarks.md. */
  readonly memoryPattern?: boolean;
  /** Start of the name of each session's profile, which is written when the session is disposed. */
  readonly profilePrefix?: string;
  /** Told after each run how long onnxruntime's own part of it took, in milliseconds. */
  readonly onRun?: (milliseconds: number) => void;
}

/** onnxruntime-node on the CPU: tests, evaluation and the command line. */
export function createNodeRuntime({
  threads = 0,
  memoryPattern = true,
  profilePrefix,
  onRun,
}: NodeRuntimeOptions = {}): Runtime {
  const report = {
    provider: 'cpu',
    label: threads === 0 ? 'CPU, all cores' : `CPU, ${threads} threads`,
    reason: 'Node runs graphs on the processor.',
    threads,
    float16: false,
    fusedAttention: true,
  } as const;
  const provider: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableMemPattern: memoryPattern,
    ...profiling(profilePrefix),
  };
  return ortRuntime(timed(ort, onRun), report, provider, true);
}

/** The WebAssembly build that browsers run, in Node: for measuring it beside other graphs. */
export async function createNodeWasmRuntime({
  threads = 1,
  profilePrefix,
  onRun,
}: NodeRuntimeOptions): Promise<Runtime> {
  const web = await import('onnxruntime-web');
  web.env.wasm.numThreads = threads;
  const report: DeviceReport = {
    provider: 'wasm',
    label: `WebAssembly, ${threads} threads`,
    reason: 'It was asked for.',
    threads,
    float16: false,
    fusedAttention: true,
  };
  return ortRuntime(timed(web, onRun), report, { executionProviders: ['wasm'], ...profiling(profilePrefix) });
}

/**
 * onnxruntime-node's native WebGPU provider, the kernels that browsers run, on whatever graphics driver
 * there is: for tests and measurements on a machine with a card and no screen.
 */
export function createNodeWebGpuRuntime(float16: boolean): Runtime {
  const report: DeviceReport = {
    provider: 'webgpu',
    label: 'WebGPU in Node',
    reason: 'It was asked for.',
    threads: 1,
    float16,
    fusedAttention: false,
  };
  const runtime = ortRuntime(ort, report, { executionProviders: ['webgpu'] });
  // The Node binding gives outputs in host memory only, so that nothing is gained by uploading.
  return { ...runtime, upload: keepOnHost };
}

function profiling(prefix: string | undefined): { enableProfiling?: boolean; profileFilePrefix?: string } {
  return prefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: prefix };
}

function timed(distribution: Ort, onRun: NodeRuntimeOptions['onRun']): Ort {
  if (onRun === undefined) return distribution;
  return {
    Tensor: distribution.Tensor,
    InferenceSession: {
      async create(bytes, options) {
        const session = await distribution.InferenceSession.create(bytes, options);
        const original = session.run.bind(session);
        return Object.assign(session, {
          async run(feeds: InferenceSession.FeedsType) {
            const start = performance.now();
            const outputs = await original(feeds);
            onRun(performance.now() - start);
            return outputs;
          },
        });
      },
    },
  };
}
