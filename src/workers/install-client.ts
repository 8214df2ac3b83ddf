import type { ModelSources } from '../gpu/packing/sdxl-recipe.ts';
import { AppError } from '../shared/errors.ts';
import type { InstallProgress } from '../weights/install/install-networks.ts';
import { type CallOptions, createCallClient } from './call-client.ts';
import type { WorkerLike } from './calls.ts';
import {
  INSTALL_PROTOCOL,
  type InstallCalls,
  type InstallOffer,
  type InstallRequest,
  type Keys,
  type LibraryContents,
} from './install-protocol.ts';

/** The library as the page sees it. Stopped calls reject with AbortError, failed ones with AppError. */
export interface InstallClient {
  list(): Promise<LibraryContents>;
  plan(sources: ModelSources, endpoint: string | undefined, keys: Keys): Promise<InstallOffer>;
  /** Installs, or goes on with what an earlier call left; `signal` stops it and keeps what is stored. */
  install(request: InstallRequest, keys: Keys, options: CallOptions<InstallProgress>): Promise<void>;
  remove(id: string): Promise<void>;
  /** The LoRA files of a repository of the hub, "owner/name". */
  listLoras(
    repository: string,
    endpoint: string | undefined,
    keys: Keys,
  ): Promise<InstallCalls['list-loras']['result']>;
}

export function createInstallClient(startWorker: () => WorkerLike): InstallClient {
  const { call } = createCallClient<InstallCalls>(INSTALL_PROTOCOL, {
    startWorker,
    died: (detail) =>
      new AppError(
        'worker-died',
        `The install stopped unexpectedly${detail}. Go on: what was stored is kept.`,
        { retryable: true },
      ),
  });
  return {
    list: () => call('list-library', {}),
    plan: (sources, endpoint, keys) => call('plan-install', { sources, endpoint, keys }),
    async install(request, keys, options) {
      await call('install-pack', { request, keys }, options);
    },
    listLoras: (repository, endpoint, keys) => call('list-loras', { repository, endpoint, keys }),
    async remove(id) {
      await call('remove-pack', { id });
    },
  };
}
