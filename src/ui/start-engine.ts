/// <reference types="vite/client" />
import { createEngineClient, type EngineClient } from '../workers/engine-client.ts';
import EngineWorker from '../workers/engine-worker.ts?worker';
import { createInstallClient, type InstallClient } from '../workers/install-client.ts';
import InstallWorker from '../workers/install-worker.ts?worker';
import { startWorker } from '../workers/worker-start.ts';

/** The engine in a worker of its own, which starts when it is first asked for something. */
export function startEngineClient(): EngineClient {
  return createEngineClient(() => startWorker('engine', (options) => new EngineWorker(options)));
}

/** The library's worker, likewise. */
export function startInstallClient(): InstallClient {
  return createInstallClient(() => startWorker('install', (options) => new InstallWorker(options)));
}
