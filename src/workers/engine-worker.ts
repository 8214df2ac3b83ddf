import { WEB_RUNTIME_ASSETS } from '../gpu/runtime/web-assets.ts';
import { openWebRuntime } from '../gpu/runtime/web-device.ts';
import { createHttpStore } from '../weights/stores.ts';
import { createEngineHandlers } from './engine-handlers.ts';
import { serveEngine } from './host.ts';
import { decodePhoto, inspectPhoto } from './photo-decoder.ts';

/** The entry of the engine's worker: onnxruntime-web, packs over HTTP, photos decoded by the browser. */
declare const self: DedicatedWorkerGlobalScope;

// Held as long as this worker lives: the page that waits for it learns of the end, however it comes.
if ('locks' in navigator) {
  navigator.locks
    .request(self.name, () => new Promise<never>(() => undefined))
    .catch(() => {
      // Refused together with storage: the page has to do without.
    });
}

serveEngine(
  {
    postMessage(message, transfer) {
      self.postMessage(message, transfer);
    },
    onMessage(listener) {
      self.onmessage = (event: MessageEvent<unknown>) => {
        listener(event.data);
      };
    },
  },
  createEngineHandlers({
    openRuntime: (device) => openWebRuntime(device, WEB_RUNTIME_ASSETS),
    openStore: createHttpStore,
    decodePhoto,
    inspectPhoto,
  }),
);
