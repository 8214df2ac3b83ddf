import { strToU8, zip, type AsyncZippable } from 'fflate';
import { type Editor } from '../model/editor.ts';
import { type StoredLora, type StoredPhoto } from '../storage/database.ts';
import {
  loraPath,
  MANIFEST_NAME,
  photoPath,
  PROJECT_FORMAT,
  PROJECT_VERSION,
  type ProjectManifest,
} from './manifest.ts';

/** Everything that a project file carries. */
export interface Project {
  readonly editor: Editor;
  readonly photos: readonly StoredPhoto[];
  readonly loras: readonly StoredLora[];
}

async function bytesOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}

/** A project as one zip file. Photos and weights are stored as they are: they do not get smaller. */
export async function writeProject({ editor, photos, loras }: Project): Promise<Blob> {
  const manifest: ProjectManifest = {
    format: PROJECT_FORMAT,
    version: PROJECT_VERSION,
    editor,
    photos: photos.map(({ sha256, name, blob, edit }) => ({ sha256, name, type: blob.type, edit })),
    loras: loras.map(({ id, sha256, title, purpose, source }) => ({ id, sha256, title, purpose, source })),
  };
  const files: AsyncZippable = { [MANIFEST_NAME]: strToU8(JSON.stringify(manifest)) };
  for (const { sha256, blob } of photos) files[photoPath(sha256)] = await bytesOf(blob);
  for (const { sha256, blob } of loras) files[loraPath(sha256)] = await bytesOf(blob);
  return new Promise((resolve, reject) => {
    zip(files, { level: 0 }, (error, bytes) => {
      if (error === null) resolve(new Blob([new Uint8Array(bytes)], { type: 'application/zip' }));
      else reject(error);
    });
  });
}
