import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { openHub } from '../../src/weights/sources/hub.ts';
import { mountedFolder } from '../../src/weights/sources/mounted-folder.ts';
import { DEFAULT_RETRY } from '../../src/weights/sources/retry.ts';
import type { CheckpointFolder } from '../../src/weights/types.ts';
import { TINY_CHECKPOINT } from './golden.ts';
import type { HubServerOptions } from './hub-server.ts';

/** As patient as the default, in a hundredth of the time. */
export const QUICK_RETRY = {
  ...DEFAULT_RETRY,
  firstDelayMs: 2,
  longestDelayMs: 8,
  longestPauseMs: 2000,
  stallMs: 150,
};

/** All files below a folder by their paths. */
export function filesBelow(folder: string): Record<string, Uint8Array> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    entries.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative(folder, file).split(path.sep).join('/'), new Uint8Array(readFileSync(file))];
    }),
  );
}

const IMAGE_ENCODER = 'image_encoder/';
const ADAPTER = 'ms_adapter.safetensors';

/** The golden checkpoint as it would be published: base, image encoder and adapter in repositories of their own. */
export function hubRepositories(): HubServerOptions['repositories'] {
  const files = Object.entries(filesBelow(TINY_CHECKPOINT));
  const base = files.filter(([file]) => !file.startsWith(IMAGE_ENCODER) && file !== ADAPTER);
  const encoder = files
    .filter(([file]) => file.startsWith(IMAGE_ENCODER))
    .map(([file, bytes]): [string, Uint8Array] => [`sdxl_models/${file}`, bytes]);
  const adapter = files.filter(([file]) => file === ADAPTER);
  return {
    'owner/base': Object.fromEntries(base),
    'owner/encoder': Object.fromEntries(encoder),
    'owner/adapter': Object.fromEntries(adapter),
  };
}

/** The model of {@link hubRepositories} put together again. */
export async function hubCheckpoint(endpoint: string): Promise<CheckpointFolder> {
  const open = (repository: string) => openHub(repository, 'main', { endpoint, retry: QUICK_RETRY });
  const [base, encoder, adapter] = [
    await open('owner/base'),
    await open('owner/encoder'),
    await open('owner/adapter'),
  ];
  return mountedFolder('golden', base.folder(), [
    { at: 'image_encoder', folder: encoder.folder('sdxl_models/image_encoder') },
    { at: 'ms_adapter', folder: adapter.folder() },
  ]);
}

const manifestFiles = z.object({ file: z.string() });

/** Paths of every file that a value of a manifest names. */
export function filesNamed(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = manifestFiles.safeParse(value);
  return [...(own.success ? [own.data.file] : []), ...Object.values(value).flatMap(filesNamed)];
}
