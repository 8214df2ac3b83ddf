import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { PackDescription } from '../gpu/packing/plan-pack.ts';
import { SDXL_DESCRIPTION } from '../gpu/packing/sdxl-recipe.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import { fewStepsSchema, packDescriptionSchema } from '../weights/pack-manifest.ts';

const descriptionSchema = packDescriptionSchema.extend({
  fewSteps: fewStepsSchema.unwrap().omit({ file: true }).optional(),
});

/** What a file says of a pack; without one SDXL's description. Throws AppError 'bad-request' naming the file. */
export async function readDescription(file: string | undefined): Promise<PackDescription> {
  if (file === undefined) return SDXL_DESCRIPTION;
  try {
    return descriptionSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (thrown) {
    const fault = thrown instanceof z.ZodError ? z.prettifyError(thrown) : messageOf(thrown);
    throw new AppError('bad-request', `${file} does not describe a pack. ${fault}`, { cause: thrown });
  }
}
