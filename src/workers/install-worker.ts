import { WEB_RUNTIME_ASSETS } from '../gpu/runtime/web-assets.ts';
import { openWebRuntime } from '../gpu/runtime/web-device.ts';
import { CUT_OUT_FOLDER } from '../weights/opfs-reader.ts';
import { openConvertWorkers } from './convert-workers-worker.ts';
import { createInstallHandlers } from './install-handlers.ts';
import { INSTALL_PROTOCOL, type InstallCalls } from './install-protocol.ts';
import { createOpfsShelf } from './opfs-shelf-worker.ts';
import { serveCalls } from './serve-calls.ts';
import { workerPort } from './worker-port-worker.ts';

/** The entry of the worker that installs models into this browser's private storage. */
serveCalls<InstallCalls>(
  workerPort(),
  INSTALL_PROTOCOL,
  createInstallHandlers({
    shelf: createOpfsShelf(),
    cutOutShelf: createOpfsShelf(CUT_OUT_FOLDER),
    openRuntime: () => openWebRuntime('wasm', WEB_RUNTIME_ASSETS),
    openConverter: openConvertWorkers,
  }),
);
