import { MODEL_NAME, serveModelFiles } from '../gpu/segmentation/model-files.ts';
import { openSegmenter } from '../gpu/segmentation/segmenter.ts';
import { wasmThreads } from '../gpu/runtime/choose-device.ts';
import { WEB_RUNTIME_ASSETS } from '../gpu/runtime/web-assets.ts';
import { AppError } from '../shared/errors.ts';
import { CUT_OUT_ID, readCutOutManifest } from '../weights/cut-out-model.ts';
import { createOpfsReader, CUT_OUT_FOLDER, openOpfsFile } from '../weights/opfs-reader.ts';
import { decodePhoto } from './photo-decoder.ts';
import { createSegmentHandlers } from './segment-handlers.ts';
import { SEGMENT_PROTOCOL, type SegmentCalls } from './segment-protocol.ts';
import { serveCalls } from './serve-calls.ts';
import { workerPort } from './worker-port-worker.ts';

/** The entry of the worker that finds objects in photos, with transformers.js on the processor. */
const store = createOpfsReader(CUT_OUT_ID, CUT_OUT_FOLDER);

serveCalls<SegmentCalls>(
  workerPort(),
  SEGMENT_PROTOCOL,
  createSegmentHandlers({
    readManifest: () => readCutOutManifest(store),
    openSegmenter({ type, files }) {
      const lengths = new Map(files.map(({ file, byteLength }) => [file, byteLength]));
      serveModelFiles(
        async (path) => {
          const expected = lengths.get(path);
          if (expected === undefined) return undefined;
          const file = await openOpfsFile(CUT_OUT_ID, path, CUT_OUT_FOLDER);
          if (file.size === expected) return file;
          throw new AppError(
            'bad-pack',
            `"${path}" of the model that finds objects has ${file.size} bytes, ${expected} were stored. Delete it in the library and install it again.`,
          );
        },
        WEB_RUNTIME_ASSETS.wasm,
        wasmThreads(crossOriginIsolated, navigator.hardwareConcurrency),
      );
      return openSegmenter(MODEL_NAME, type);
    },
    decodePhoto,
  }),
);
