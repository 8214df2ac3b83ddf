import { AppError } from '../../shared/errors.ts';
import { blobSource } from '../sources.ts';
import type { ByteSource } from '../types.ts';
import { openUrl } from './base-url.ts';
import { openHub } from './hub.ts';
import type { SourceAccess } from './open-source.ts';
import { formatSourceSpec, type SourceSpec } from './source-spec.ts';

export interface OpenedFile {
  readonly source: ByteSource;
  /** Names the state that was opened, where the place keeps earlier ones. */
  readonly pinned: SourceSpec;
}

export interface FileAccess extends SourceAccess {
  /** Files that the person picked, by name. */
  readonly localFiles?: ReadonlyMap<string, Blob> | undefined;
}

/** What diffusers calls a LoRA's file; the only file of a repository needs no name either. */
const USUAL_NAME = 'pytorch_lora_weights.safetensors';

function fileIn(files: Iterable<string>, directory: string | undefined): string | undefined {
  const names = [...files].filter((file) => file.endsWith('.safetensors'));
  if (directory?.endsWith('.safetensors') === true) return names.find((file) => file === directory);
  const below = names.filter((file) => file.startsWith(directory === undefined ? '' : `${directory}/`));
  const usual = directory === undefined ? USUAL_NAME : `${directory}/${USUAL_NAME}`;
  return below.find((file) => file === usual) ?? (below.length === 1 ? below[0] : undefined);
}

/**
 * One `.safetensors` file: at an address, in a repository of the hub (by its path, or the usual or only file
 * there), or picked by the person. Throws AppError 'network', 'access-denied', 'bad-request'.
 */
export async function openFile(
  spec: SourceSpec,
  access: FileAccess,
  signal?: AbortSignal,
): Promise<OpenedFile> {
  switch (spec.kind) {
    case 'hub': {
      const repository = await openHub(spec.repository, spec.revision, access, signal);
      const file = fileIn(repository.files.keys(), spec.directory);
      const source = file === undefined ? undefined : await repository.folder().open(file, signal);
      if (source === undefined) {
        throw new AppError(
          'bad-request',
          `"${formatSourceSpec(spec)}" names no .safetensors file, or one of several. Give its path: hub:owner/name/path.safetensors.`,
        );
      }
      return { source, pinned: { ...spec, revision: repository.commit, directory: file } };
    }
    case 'url': {
      const source = await openUrl(spec.url, { retry: access.retry }, signal);
      if (source !== undefined) return { source, pinned: spec };
      throw new AppError('bad-request', `There is no file at ${spec.url}. Check the address.`);
    }
    case 'local': {
      const file = access.localFiles?.get(spec.name);
      if (file !== undefined) return { source: blobSource(spec.name, file), pinned: spec };
      throw new AppError('bad-request', `Choose the file "${spec.name}" again: only you can open it.`, {
        retryable: true,
      });
    }
  }
}
