import { z } from 'zod';
import { passWorkSchema } from './pass-work.ts';

/** What a pack takes of a machine, as far as it follows from its configurations and shapes. */
export const footprintSchema = z
  .object({
    /** Bytes of each network's weights. */
    networkBytes: z.array(z.number().nonnegative()).readonly(),
    /** Null where its networks cannot be counted. */
    passWork: passWorkSchema.nullable(),
    /** Bytes of activations for each latent cell, in float32; null where its networks cannot be counted. */
    activations: z
      .object({
        /** Of one row of the batch. */
        unet: z.number().positive(),
        decoder: z.number().positive(),
      })
      .readonly()
      .nullable(),
  })
  .readonly();
export type Footprint = z.infer<typeof footprintSchema>;
