import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { AppError, messageOf } from '../shared/errors.ts';
import { type GenerationRequest, requestSchema } from '../shared/request.ts';
import type { PackManifest } from '../weights/pack-manifest.ts';
import { sha256 } from '../weights/sha256.ts';

export interface LoadedRequest {
  /** With photos named by their SHA-256 and the pack's defaults filled in. */
  readonly request: GenerationRequest;
  /** Bytes of the photos by SHA-256. */
  readonly photos: ReadonlyMap<string, Uint8Array>;
  /** Bytes of the LoRAs that were named by a path, by that path. */
  readonly loras: ReadonlyMap<string, Uint8Array>;
}

const packSchema = z.looseObject({ pack: z.string().min(1) });

export type RequestJson = z.output<typeof packSchema>;

/** The file's JSON, of which only the pack's name is looked at. Throws AppError 'bad-request'. */
export function parseRequestJson(text: string): RequestJson {
  try {
    return packSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError('bad-request', `The request file is not JSON with a "pack": ${messageOf(cause)}`, {
      cause,
    });
  }
}

async function readNamed(folder: string, name: string, what: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(resolve(folder, name)));
  } catch (cause) {
    throw new AppError('bad-request', `The ${what} "${name}" cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Completes a request with its pack's defaults and reads the photos and LoRA files that it names by
 * paths relative to `folder`. Throws AppError 'bad-request' naming the field or the file.
 */
export async function loadRequest(
  json: RequestJson,
  manifest: PackManifest,
  folder: string,
): Promise<LoadedRequest> {
  const parsed = requestSchema.safeParse({ seed: 0, ...manifest.defaults, ...json });
  if (!parsed.success) {
    throw new AppError('bad-request', `The request cannot be used:\n${z.prettifyError(parsed.error)}`, {
      cause: parsed.error,
    });
  }
  const photos = new Map<string, Uint8Array>();
  const objects: GenerationRequest['objects'][number][] = [];
  for (const object of parsed.data.objects) {
    const bytes = await readNamed(folder, object.image, 'photo');
    const image = await sha256(bytes);
    photos.set(image, bytes);
    objects.push({ ...object, image });
  }
  const loras = new Map<string, Uint8Array>();
  for (const { lora } of parsed.data.relation) {
    if (manifest.relationLoras.some(({ id }) => id === lora)) continue;
    loras.set(lora, await readNamed(folder, lora, 'LoRA'));
  }
  return { request: { ...parsed.data, objects }, photos, loras };
}
