import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { decodeImage } from '../../src/cli/node-images.ts';
import { hostTensor, type HostTensor } from '../../src/gpu/runtime/runtime.ts';
import type { RgbaImage } from '../../src/images/rgba-image.ts';
import { type GenerationRequest, requestSchema } from '../../src/shared/request.ts';
import { openSafetensors } from '../../src/weights/safetensors.ts';
import { bytesSource } from '../../src/weights/sources.ts';
import { readFloats } from '../../src/weights/tensor-values.ts';

/** Largest relative error of one network run in float32 against PyTorch. */
export const NETWORK_TOLERANCE = 2e-5;
/** The same for the latents after thirty steps, where rounding adds up. */
export const LATENT_TOLERANCE = 1e-4;
/** Latents after thirty steps in float16, whose rounding is 5e-4, against float32. */
export const HALF_TOLERANCE = 2e-2;
/** By how much a single fault must exceed the tolerance, so that a golden test cannot miss it. */
export const FAULT_FACTOR = 50;

export const TINY_CHECKPOINT = fileURLToPath(new URL('../golden/tiny', import.meta.url));
const DATA = new URL('../golden/data/', import.meta.url);

export function goldenBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, DATA)));
}

export function goldenJson<T>(path: string, schema: z.ZodType<T>): T {
  return schema.parse(JSON.parse(new TextDecoder().decode(goldenBytes(path))));
}

export type FloatTensor = HostTensor & { readonly data: Float32Array };

/** Expected tensors of one file by name; asking for a name that is not there throws. */
export interface GoldenTensors {
  get(name: string): FloatTensor;
  names(): readonly string[];
}

export async function goldenTensors(path: string): Promise<GoldenTensors> {
  const checkpoint = await openSafetensors(bytesSource(path, goldenBytes(path)));
  const tensors = new Map<string, FloatTensor>();
  for (const [name, tensor] of checkpoint.tensors) {
    const data = await readFloats(tensor);
    tensors.set(name, { ...hostTensor('float32', tensor.shape, data), data });
  }
  return {
    get(name) {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw new Error(`${path} has no tensor ${name}`);
      return tensor;
    },
    names: () => [...tensors.keys()],
  };
}

const casesSchema = z.object({
  steps: z.number().int(),
  /** Index of the step whose single U-Net call is kept. */
  step: z.number().int(),
  cases: z.record(z.string(), z.record(z.string(), z.unknown())),
});
const { cases, steps, step } = goldenJson('cases.json', casesSchema);

export const CASE_NAMES: readonly string[] = Object.keys(cases);
export const GOLDEN_STEP = step;

const changesSchema = z.object({
  scheduler: z.record(z.string(), z.unknown()),
  vae: z.record(z.string(), z.unknown()),
});

/** What a golden case changes in the checkpoint's scheduler_config.json and vae/config.json. */
export function caseConfigChanges(name: string): z.infer<typeof changesSchema> {
  return changesSchema.parse(cases[name]);
}

/** The request of a golden case. The seed does not matter: noise is part of the golden file. */
export function caseRequest(name: string, changes: Partial<GenerationRequest> = {}): GenerationRequest {
  const fixed = { pack: 'golden', steps, sampler: 'euler', seed: 0 };
  return requestSchema.parse({ ...cases[name], ...fixed, ...changes });
}

export function caseTensors(name: string): Promise<GoldenTensors> {
  return goldenTensors(`cases/${name}.safetensors`);
}

export function goldenPhoto(name: string): Promise<RgbaImage> {
  return decodeImage(goldenBytes(`photos/${name}`), name);
}

/** Row `index` along the first axis. */
export function row(tensor: FloatTensor, index: number): Float32Array {
  const length = tensor.data.length / (tensor.shape[0] ?? 1);
  return tensor.data.subarray(index * length, (index + 1) * length);
}
