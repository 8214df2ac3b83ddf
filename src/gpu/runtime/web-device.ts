import { messageOf } from '../../shared/errors.ts';
import { chooseDevice, type AdapterFacts, type DevicePreference } from './choose-device.ts';
import type { Runtime } from './runtime.ts';
import { openWasmRuntime, openWebGpuRuntime, type WebRuntimeAssets } from './web-runtime.ts';

/** Software adapters by name, for browsers that do not flag them (SwiftShader, llvmpipe, Direct3D WARP). */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|basic render|warp/i;

/** The runtime of this browser for a preference; see {@link chooseDevice}. Call it in a worker. */
export function openWebRuntime(preference: DevicePreference, assets: WebRuntimeAssets): Promise<Runtime> {
  return chooseDevice(preference, {
    findAdapter,
    crossOriginIsolated: globalThis.crossOriginIsolated,
    cores: navigator.hardwareConcurrency,
    openWasm: (report) => openWasmRuntime(assets.wasm, report),
    openWebGpu: (report) => openWebGpuRuntime(assets.webgpu, report),
  });
}

async function findAdapter(): Promise<AdapterFacts | { readonly missing: string }> {
  if (!('gpu' in navigator)) return { missing: 'This browser has no WebGPU.' };
  try {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null) return { missing: 'This browser has WebGPU, but no adapter for it.' };
    const { vendor, architecture, description, device, isFallbackAdapter } = adapter.info;
    const name = [vendor, architecture, description || device].filter((part) => part !== '').join(' ');
    return {
      description: name === '' ? 'an unnamed adapter' : name,
      software: isFallbackAdapter || SOFTWARE.test(name),
      float16: adapter.features.has('shader-f16'),
    };
  } catch (thrown) {
    return { missing: `Asking for a WebGPU adapter failed: ${messageOf(thrown)}.` };
  }
}
