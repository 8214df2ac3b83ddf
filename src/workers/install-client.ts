import type { ModelSources } from '../gpu/packing/sdxl-recipe.ts';
import { AppError } from '../shared/errors.ts';
import type { SourceSpec } from '../weights/sources/source-spec.ts';
import type { InstallProgress } from '../weights/install/install-networks.ts';
import { type CallOptions, createCallClient } from './call-client.ts';
import type { WorkerLike } from './calls.ts';
import type { CutOutModelState, CutOutOffer, CutOutRequest } from './cut-out-protocol.ts';
import type { Keys } from './install-basics.ts';
import {
  type CompleteModel,
  INSTALL_PROTOCOL,
  type InstallCalls,
  type InstallOffer,
  type InstallRequest,
  type LibraryContents,
} from './install-protocol.ts';

/** The library as the page sees it. Stopped calls reject with AbortError, failed ones with AppError. */
export interface InstallClient {
  list(): Promise<LibraryContents>;
  /** The pack at an address. Rejects with AppError 'bad-pack' where there is none, 'network'. */
  describe(url: string): Promise<CompleteModel>;
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
  /** The model that finds objects in photos. */
  readonly cutOut: CutOutInstallClient;
}

export interface CutOutInstallClient {
  find(): Promise<CutOutModelState>;
  plan(source: SourceSpec, endpoint: string | undefined, keys: Keys): Promise<CutOutOffer>;
  /** Installs, or goes on with what an earlier call left; `signal` stops it and keeps what is stored. */
  install(request: CutOutRequest, keys: Keys, options: CallOptions<InstallProgress>): Promise<void>;
  remove(): Promise<void>;
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
    describe: (url) => call('describe-pack', { url }),
    plan: (sources, endpoint, keys) => call('plan-install', { sources, endpoint, keys }),
    async install(request, keys, options) {
      await call('install-pack', { request, keys }, options);
    },
    listLoras: (repository, endpoint, keys) => call('list-loras', { repository, endpoint, keys }),
    async remove(id) {
      await call('remove-pack', { id });
    },
    cutOut: {
      find: () => call('find-cut-out-model', {}),
      plan: (source, endpoint, keys) => call('plan-cut-out-model', { source, endpoint, keys }),
      async install(request, keys, options) {
        await call('install-cut-out-model', { request, keys }, options);
      },
      async remove() {
        await call('remove-cut-out-model', {});
      },
    },
  };
}
