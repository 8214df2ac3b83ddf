import { WEB_RUNTIME_ASSETS } from '../gpu/runtime/web-assets.ts';
import { openWebRuntime } from '../gpu/runtime/web-device.ts';
import { createOpfsReader } from '../weights/opfs-reader.ts';
import { createHttpStore } from '../weights/stores.ts';
import { createEngineHandlers } from './engine-handlers.ts';
import { decodePhoto, inspectPhoto } from './photo-decoder.ts';
import { installedPackId } from './pack-address.ts';
import { type EngineCalls, PROTOCOL } from './protocol.ts';
import { serveCalls } from './serve-calls.ts';
import { workerPort } from './worker-port-worker.ts';

/** The entry of the engine's worker: onnxruntime-web, packs served or installed, photos decoded by the browser. */
serveCalls<EngineCalls>(
  workerPort(),
  PROTOCOL,
  createEngineHandlers({
    openRuntime: (device) => openWebRuntime(device, WEB_RUNTIME_ASSETS),
    openStore(url) {
      const id = installedPackId(url);
      return id === undefined ? createHttpStore(url) : createOpfsReader(id);
    },
    decodePhoto,
    inspectPhoto,
  }),
);
