import type { Env } from 'onnxruntime-common';
import { ortRuntime } from './ort-runtime.ts';
import type { DeviceReport, Runtime } from './runtime.ts';

/** URLs of one build of onnxruntime-web, served beside the app. */
export interface RuntimeFiles {
  /** ort-wasm-simd-threaded[.asyncify].mjs */
  readonly mjs: string;
  /** ort-wasm-simd-threaded[.asyncify].wasm */
  readonly wasm: string;
}

/** The builds the app serves: `wasm` is the CPU one, `webgpu` the native WebGPU one (asyncify). */
export interface WebRuntimeAssets {
  readonly wasm: RuntimeFiles;
  readonly webgpu: RuntimeFiles;
}

/** onnxruntime-web on the CPU. Needs no WebGPU; more than one thread needs a cross-origin isolated page. */
export async function openWasmRuntime(files: RuntimeFiles, report: DeviceReport): Promise<Runtime> {
  const ort = await import('onnxruntime-web/wasm');
  setUp(ort.env, files, report.threads);
  return ortRuntime(ort, report, { executionProviders: ['wasm'] });
}

/** onnxruntime-web's native WebGPU provider; nodes it cannot run fall back to its one-threaded CPU. */
export async function openWebGpuRuntime(files: RuntimeFiles, report: DeviceReport): Promise<Runtime> {
  const ort = await import('onnxruntime-web/webgpu');
  setUp(ort.env, files, report.threads);
  return ortRuntime(ort, report, {
    executionProviders: ['webgpu'],
    // Outputs that are not kept are downloaded by the session wrapper.
    preferredOutputLocation: 'gpu-buffer',
  });
}

function setUp(env: Env, files: RuntimeFiles, threads: number): void {
  env.wasm.wasmPaths = { mjs: files.mjs, wasm: files.wasm };
  env.wasm.numThreads = threads;
  env.logLevel = 'error';
}
