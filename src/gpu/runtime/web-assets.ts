/// <reference types="vite/client" />
import webGpuMjs from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import webGpuWasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import wasmMjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasmWasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import type { WebRuntimeAssets } from './web-runtime.ts';

/** The runtime's own files, served beside the app by the bundler; nothing is fetched from elsewhere. */
export const WEB_RUNTIME_ASSETS: WebRuntimeAssets = {
  wasm: { mjs: wasmMjs, wasm: wasmWasm },
  webgpu: { mjs: webGpuMjs, wasm: webGpuWasm },
};
