import { strFromU8, unzip, type Unzipped } from 'fflate';
import { z } from 'zod';
import { AppError } from '../../shared/errors.ts';
import { sha256Of } from '../photos/import-photo.ts';
import {
  loraPath,
  MANIFEST_NAME,
  photoPath,
  PROJECT_VERSION,
  projectHeadSchema,
  projectManifestSchema,
  type ProjectManifest,
} from './manifest.ts';
import { type Project } from './write-project.ts';

/** Unpacked bytes at most: four photos and eight LoRA files stay far below; a zip bomb does not. */
const MOST_BYTES = 2 ** 30;
/** The only names a project has; anything else in the archive is not looked at. */
const KNOWN_NAME = /^(project\.json|photos\/[0-9a-f]{64}|loras\/[0-9a-f]{64}\.safetensors)$/;

function refuse(name: string, what: string, cause?: unknown): AppError {
  return new AppError('bad-project', `“${name}” cannot be opened: ${what} Nothing here was changed.`, {
    cause,
  });
}

function unpack(bytes: Uint8Array, name: string): Promise<Unzipped> {
  let total = 0;
  return new Promise((resolve, reject) => {
    unzip(
      bytes,
      {
        filter(entry) {
          if (!KNOWN_NAME.test(entry.name)) return false;
          total += entry.originalSize;
          return total <= MOST_BYTES;
        },
      },
      (error, files) => {
        if (error !== null) {
          reject(refuse(name, 'it is not a project file, or it is damaged. Save it again and retry.', error));
        } else if (total > MOST_BYTES) {
          reject(refuse(name, 'it unpacks to more than 1 GB, which no project does.'));
        } else resolve(files);
      },
    );
  });
}

function parseManifest(bytes: Uint8Array | undefined, name: string): ProjectManifest {
  if (bytes === undefined) throw refuse(name, `it is a zip without ${MANIFEST_NAME}, so not a project.`);
  let value: unknown;
  try {
    value = JSON.parse(strFromU8(bytes));
  } catch (cause) {
    throw refuse(name, `its ${MANIFEST_NAME} is damaged. Save it again and retry.`, cause);
  }
  const head = projectHeadSchema.safeParse(value);
  if (head.success && head.data.version > PROJECT_VERSION) {
    throw refuse(
      name,
      `it was saved by a newer version of this app (format ${head.data.version}, this one reads ${PROJECT_VERSION}). Update the app and open it again.`,
    );
  }
  const parsed = projectManifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refuse(name, `its ${MANIFEST_NAME} is not valid (${z.prettifyError(parsed.error)}).`, parsed.error);
}

/**
 * Reads a project file and checks every part of it. Throws AppError 'bad-project' that says what is wrong:
 * no zip, damaged, cut short, from a newer version, a photo or LoRA that is not the one it was.
 */
export async function readProject(file: Blob, name: string): Promise<Project> {
  const files = await unpack(new Uint8Array(await file.arrayBuffer()), name);
  const manifest = parseManifest(files[MANIFEST_NAME], name);

  async function part(path: string, sha256: string, type: string, what: string): Promise<Blob> {
    const bytes = files[path];
    if (bytes === undefined) throw refuse(name, `${what} is missing in it.`);
    const blob = new Blob([new Uint8Array(bytes)], { type });
    if ((await sha256Of(blob)) !== sha256) throw refuse(name, `${what} in it is damaged.`);
    return blob;
  }

  return {
    editor: manifest.editor,
    photos: await Promise.all(
      manifest.photos.map(async ({ type, ...photo }) => ({
        ...photo,
        blob: await part(photoPath(photo.sha256), photo.sha256, type, `the photo “${photo.name}”`),
      })),
    ),
    loras: await Promise.all(
      manifest.loras.map(async (lora) => ({
        ...lora,
        blob: await part(loraPath(lora.sha256), lora.sha256, '', `the LoRA “${lora.title}”`),
      })),
    ),
  };
}
