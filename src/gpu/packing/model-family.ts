import { z } from 'zod';
import { AppError } from '../../shared/errors.ts';
import type { CheckpointFolder, CheckpointTensor } from '../../weights/types.ts';
import { readJson } from './checkpoint-folder.ts';

export function wrongFamily(name: string, family: string): AppError {
  return new AppError(
    'bad-checkpoint',
    `"${name}" is ${family}. RelationBooth needs the SDXL family: choose an SDXL checkpoint.`,
  );
}

const SDXL_CONTEXT = 2048;
const FIRST_CROSS_ATTENTION =
  /^model\.diffusion_model\.input_blocks\.\d+\.1\.transformer_blocks\.0\.attn2\.to_k\.weight$/;

/** What a file with original names holds: "SDXL", or in words what it is instead. */
export function familyOfSingleFile(tensors: ReadonlyMap<string, CheckpointTensor>): string {
  const names = [...tensors.keys()];
  const has = (pattern: RegExp): boolean => names.some((name) => pattern.test(name));
  if (has(/(^|\.)double_blocks\.\d+\./)) return 'a FLUX model';
  if (has(/(^|\.)joint_blocks\.\d+\./)) return 'a Stable Diffusion 3 model';
  if (has(/lora_(down|up|A|B)\b/) || has(/\.lora\.(down|up)\./)) return 'a LoRA, not a whole model';
  if (has(/^cond_stage_model\.model\./)) return 'a Stable Diffusion 2 model';
  if (has(/^cond_stage_model\./)) return 'a Stable Diffusion 1.5 model';
  if (has(/^conditioner\.embedders\.1\./)) return 'SDXL';
  if (has(/^conditioner\.embedders\.0\.model\./))
    return 'the SDXL refiner, which draws no picture of its own';
  const context = names.find((name) => FIRST_CROSS_ATTENTION.test(name));
  const width = context === undefined ? undefined : tensors.get(context)?.shape[1];
  if (width === SDXL_CONTEXT) return "SDXL's U-Net alone, without text encoders and VAE";
  return 'a model of a kind that is not known here';
}

const indexSchema = z.object({ _class_name: z.string() });
const FAMILIES: readonly (readonly [pattern: RegExp, family: string])[] = [
  [/^StableDiffusionXL/, 'SDXL'],
  [/^Flux/, 'a FLUX model'],
  [/^StableDiffusion3/, 'a Stable Diffusion 3 model'],
  [/^StableDiffusion/, 'a Stable Diffusion 1.5 or 2 model'],
];

/** Throws AppError 'bad-checkpoint' naming the family if a diffusers folder says that it is another one. */
export async function checkFamily(folder: CheckpointFolder): Promise<void> {
  if ((await folder.open('model_index.json')) === undefined) return;
  const { _class_name: pipeline } = await readJson(folder, 'model_index.json', indexSchema);
  const family = FAMILIES.find(([pattern]) => pattern.test(pipeline))?.[1] ?? `a model for ${pipeline}`;
  if (family !== 'SDXL') throw wrongFamily(folder.name, family);
}
