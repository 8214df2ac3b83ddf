import type { CheckpointFolder } from '../types.ts';
import { urlFolder } from './base-url.ts';
import { type HubAccess, openHub } from './hub.ts';
import type { SourceSpec } from './source-spec.ts';

export interface OpenedSource {
  readonly folder: CheckpointFolder;
  /** Names the state that was opened, where the place keeps earlier ones. */
  readonly pinned: SourceSpec;
}

/** Throws AppError 'network', 'access-denied', or 'bad-request' for a repository that does not exist. */
export async function openSource(
  spec: SourceSpec,
  access: HubAccess,
  signal?: AbortSignal,
): Promise<OpenedSource> {
  switch (spec.kind) {
    case 'hub': {
      const repository = await openHub(spec.repository, spec.revision, access, signal);
      return { folder: repository.folder(spec.directory), pinned: { ...spec, revision: repository.commit } };
    }
    case 'url':
      return { folder: urlFolder(spec.url, { retry: access.retry }), pinned: spec };
  }
}
