import { AppError } from '../../shared/errors.ts';
import type { CheckpointFolder } from '../types.ts';
import { urlFolder } from './base-url.ts';
import { type HubAccess, openHub } from './hub.ts';
import type { SourceSpec } from './source-spec.ts';

export interface OpenedSource {
  readonly folder: CheckpointFolder;
  /** Names the state that was opened, where the place keeps earlier ones. */
  readonly pinned: SourceSpec;
  /** As the publisher names it, where the place has a field for it. */
  readonly licence?: string | undefined;
}

export interface SourceAccess extends HubAccess {
  /** The folder that the person picked, if there is one. */
  readonly local?: CheckpointFolder | undefined;
}

/**
 * Throws AppError 'network', 'access-denied', or 'bad-request' for a repository that does not exist and
 * for a folder that was not picked.
 */
export async function openSource(
  spec: SourceSpec,
  access: SourceAccess,
  signal?: AbortSignal,
): Promise<OpenedSource> {
  switch (spec.kind) {
    case 'hub': {
      const repository = await openHub(spec.repository, spec.revision, access, signal);
      return {
        folder: repository.folder(spec.directory),
        pinned: { ...spec, revision: repository.commit },
        licence: repository.licence,
      };
    }
    case 'local':
      if (access.local?.name === spec.name) return { folder: access.local, pinned: spec };
      throw new AppError('bad-request', `Choose the folder "${spec.name}" again: only you can open it.`, {
        retryable: true,
      });
    case 'url':
      return { folder: urlFolder(spec.url, { retry: access.retry }), pinned: spec };
  }
}
