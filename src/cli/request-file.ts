import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { AppError, messageOf } from '../shared/errors.ts';
import { describeFaults, REPORT_INPUT } from '../shared/faults.ts';
import { type GenerationRequest, requestSchema } from '../shared/request.ts';
import { fewStepDefaults, fewStepUse } from '../weights/few-step.ts';
import { FEW_STEPS, packLoras, type PackManifest } from '../weights/pack-manifest.ts';
import { sha256 } from '../weights/sha256.ts';
import { type CheckpointSources, sourceBeside } from './checkpoint-sources.ts';

export interface LoadedRequest {
  /** With photos named by their SHA-256 and the pack's defaults filled in. */
  readonly request: GenerationRequest;
  /** Bytes of the photos by SHA-256. */
  readonly photos: ReadonlyMap<string, Uint8Array>;
  /** Bytes of the LoRAs that were named by a path, by that path. */
  readonly loras: ReadonlyMap<string, Uint8Array>;
}

const source = z.string().min(1).optional();
/** What a model is called that a request puts together from its official files. */
const UNNAMED = 'checkpoint';

const modelSchema = z
  .looseObject({
    pack: source,
    base: source,
    adapter: source,
    imageEncoder: source,
    localEncoder: source,
    vae: source,
  })
  .refine(({ pack, base }) => pack !== undefined || base !== undefined, {
    error: 'name a "pack", or the official files of a model by "base", "adapter", "imageEncoder"',
  })
  .transform((json) => ({ ...json, pack: json.pack ?? UNNAMED }));

export type RequestJson = z.output<typeof modelSchema>;

/** The file's JSON, of which only the model's names are looked at. Throws AppError 'bad-request'. */
export function parseRequestJson(text: string): RequestJson {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AppError('bad-request', `The request file is not JSON: ${messageOf(cause)}`, { cause });
  }
  const parsed = modelSchema.safeParse(json, REPORT_INPUT);
  if (parsed.success) return parsed.data;
  throw new AppError('bad-request', `The request file names no model: ${describeFaults(parsed.error)}`, {
    cause: parsed.error,
  });
}

/** The official files that a request names instead of a pack; paths are relative to `folder`. */
export function requestSources(json: RequestJson, folder: string): CheckpointSources | undefined {
  if (json.base === undefined) return undefined;
  const beside = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : sourceBeside(folder, name);
  return {
    base: beside(json.base),
    vae: beside(json.vae),
    image_encoder: beside(json.imageEncoder),
    local_encoder: beside(json.localEncoder),
    ms_adapter: beside(json.adapter),
  };
}

async function readNamed(folder: string, name: string, what: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(resolve(folder, name)));
  } catch (cause) {
    throw new AppError('bad-request', `The ${what} "${name}" cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function completeRequest(defaults: PackManifest['defaults'], json: RequestJson): GenerationRequest {
  const parsed = requestSchema.safeParse({ seed: 0, ...defaults, ...json }, REPORT_INPUT);
  if (parsed.success) return parsed.data;
  throw new AppError('bad-request', `The request cannot be used:\n${describeFaults(parsed.error)}`, {
    cause: parsed.error,
  });
}

/**
 * Completes a request with its pack's defaults, or those of a few-step LoRA that it names, and reads the photos and LoRA files that it names by
 * paths relative to `folder`. Throws AppError 'bad-request' naming the field or the file.
 */
export async function loadRequest(
  json: RequestJson,
  manifest: PackManifest,
  folder: string,
): Promise<LoadedRequest> {
  const stated = completeRequest(manifest.defaults, json);
  // What a few-step LoRA was distilled for goes before the pack's defaults, and what is written before both.
  const names = stated.relation.map(({ lora }) => lora);
  const fewStep = names.includes(FEW_STEPS) ? fewStepUse(manifest).settings : fewStepDefaults(names);
  const completed =
    fewStep === undefined ? stated : completeRequest({ ...manifest.defaults, ...fewStep }, json);
  const photos = new Map<string, Uint8Array>();
  const objects: GenerationRequest['objects'][number][] = [];
  for (const object of completed.objects) {
    const bytes = await readNamed(folder, object.image, 'photo');
    const image = await sha256(bytes);
    photos.set(image, bytes);
    objects.push({ ...object, image });
  }
  const own = packLoras(manifest);
  const loras = new Map<string, Uint8Array>();
  for (const { lora } of completed.relation) {
    if (own.has(lora)) continue;
    loras.set(lora, await readNamed(folder, lora, 'LoRA'));
  }
  return { request: { ...completed, objects }, photos, loras };
}
