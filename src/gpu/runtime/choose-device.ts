import { AppError, messageOf } from '../../shared/errors.ts';
import type { DeviceReport, Runtime } from './runtime.ts';
import { selfCheck } from './self-check.ts';

/** `auto` takes the best that works; the others take just that, or fail with the reason. */
export type DevicePreference = 'auto' | 'webgpu' | 'wasm' | 'software-webgpu';

/** What a browser says of its WebGPU adapter. */
export interface AdapterFacts {
  readonly description: string;
  /** The processor pretends to be a graphics card: 50 times slower than the wasm build. */
  readonly software: boolean;
  readonly float16: boolean;
}

/** What the choice depends on. */
export interface DeviceEnvironment {
  /** The adapter, or why there is none. */
  readonly findAdapter: () => Promise<AdapterFacts | { readonly missing: string }>;
  /** Threads need shared memory, which a page has only when it is cross-origin isolated. */
  readonly crossOriginIsolated: boolean;
  readonly cores: number;
  readonly openWasm: (report: DeviceReport) => Promise<Runtime>;
  readonly openWebGpu: (report: DeviceReport) => Promise<Runtime>;
}

/** More threads stop helping and cost memory. */
const MAX_THREADS = 8;

/**
 * Opens the runtime for a preference. WebGPU is taken only if its adapter is real hardware (or software
 * was asked for) and passes the numeric self-check. Throws AppError 'device-unavailable' if a device was
 * asked for by name and cannot be had.
 */
export async function chooseDevice(
  preference: DevicePreference,
  environment: DeviceEnvironment,
): Promise<Runtime> {
  if (preference === 'wasm') return openWasm(environment, 'The processor was chosen in the settings.');
  const attempt = await tryWebGpu(preference, environment);
  if (attempt.runtime !== undefined) return attempt.runtime;
  if (preference === 'auto') return openWasm(environment, attempt.reason);
  throw new AppError(
    'device-unavailable',
    `WebGPU was asked for, but cannot be used: ${attempt.reason} Choose the device automatically instead.`,
  );
}

type Attempt = { readonly runtime: Runtime } | { readonly runtime?: never; readonly reason: string };

async function tryWebGpu(preference: DevicePreference, environment: DeviceEnvironment): Promise<Attempt> {
  const adapter = await environment.findAdapter();
  if ('missing' in adapter) return { reason: adapter.missing };
  if (adapter.software !== (preference === 'software-webgpu')) {
    return {
      reason: adapter.software
        ? `The only WebGPU adapter (${adapter.description}) is software, slower than the processor itself.`
        : `The WebGPU adapter (${adapter.description}) is hardware, not the software one.`,
    };
  }
  const report: DeviceReport = {
    provider: 'webgpu',
    label: adapter.software ? 'software WebGPU' : 'hardware WebGPU',
    reason: `${adapter.description} passed the numeric self-check.`,
    threads: 1,
    float16: adapter.float16,
    fusedAttention: false,
  };
  return openChecked(report, environment, adapter.description);
}

async function openChecked(
  report: DeviceReport,
  environment: DeviceEnvironment,
  description: string,
): Promise<Attempt> {
  let runtime: Runtime;
  try {
    runtime = await environment.openWebGpu(report);
  } catch (thrown) {
    return { reason: `WebGPU on ${description} did not start: ${messageOf(thrown)}.` };
  }
  const check = await selfCheck(runtime);
  if (!check.passed) {
    await runtime.dispose();
    return { reason: `${description} failed the numeric self-check: ${check.faults.join('; ')}.` };
  }
  const { fusedAttention, float16 } = check;
  const limits = [
    ...(fusedAttention ? [] : ['Attention is computed step by step']),
    ...(report.float16 && !float16 ? ['Arithmetic is float32'] : []),
  ];
  const reason =
    limits.length === 0
      ? report.reason
      : `${report.reason} ${limits.join('. ')} (${check.faults.join('; ')}).`;
  return { runtime: { ...runtime, report: { ...report, reason, fusedAttention, float16 } } };
}

/** Threads that the wasm build should run on. */
export function wasmThreads(crossOriginIsolated: boolean, cores: number): number {
  return crossOriginIsolated ? Math.max(1, Math.min(MAX_THREADS, cores)) : 1;
}

function openWasm(environment: DeviceEnvironment, reason: string): Promise<Runtime> {
  const threads = wasmThreads(environment.crossOriginIsolated, environment.cores);
  const isolation = environment.crossOriginIsolated
    ? ''
    : ' One thread only: the page was served without the headers that isolate it.';
  return environment.openWasm({
    provider: 'wasm',
    label: `processor (WebAssembly), ${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    reason: `${reason}${isolation}`,
    threads,
    float16: false,
    // The self-check passes with onnxruntime-web 1.30 in Chromium; the kernel does not depend on the machine.
    fusedAttention: true,
  });
}
