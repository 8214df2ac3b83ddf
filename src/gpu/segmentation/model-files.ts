import { env, LogLevel } from '@huggingface/transformers';
import { AppError } from '../../shared/errors.ts';
import type { RuntimeFiles } from '../runtime/web-runtime.ts';

/** A host that does not exist: a file that is not here must fail, not be fetched. */
const NOWHERE = 'https://cut-out-model.invalid/';
/** What the library calls the one model there is. */
export const MODEL_NAME = 'cut-out/model';

/** A file of the model, or undefined if it has none of that path. */
export type ReadModelFile = (path: string) => Promise<Blob | undefined>;

/**
 * Gives transformers.js its model's files, and the runtime's beside the app, and takes from it every other
 * way to get one: it would fetch both from public hosts and keep copies in the browser's caches. The overrides
 * in package.json hold it to the app's own version of the runtime, so that one set of files does for both.
 */
export function serveModelFiles(read: ReadModelFile, runtime: RuntimeFiles, threads: number): void {
  env.logLevel = LogLevel.ERROR;
  env.allowLocalModels = false;
  env.allowRemoteModels = true;
  env.remoteHost = NOWHERE;
  env.remotePathTemplate = '{model}/';
  env.useBrowserCache = false;
  env.useWasmCache = false;
  const prefix = `${NOWHERE}${MODEL_NAME}/`;
  env.fetch = async (input) => {
    const address = String(input);
    if (!address.startsWith(prefix)) {
      throw new AppError(
        'internal',
        `transformers.js asked for "${address}", which is no file of the model.`,
      );
    }
    const file = await read(decodeURIComponent(address.slice(prefix.length)));
    return file === undefined
      ? new Response(null, { status: 404 })
      : new Response(file, { headers: { 'content-length': String(file.size) } });
  };
  const { wasm } = env.backends.onnx;
  if (wasm === undefined) throw new AppError('internal', 'transformers.js has no WebAssembly runtime here.');
  wasm.wasmPaths = { mjs: runtime.mjs, wasm: runtime.wasm };
  wasm.numThreads = threads;
}
