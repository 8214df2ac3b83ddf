import { z } from 'zod';
import { AppError } from './errors.ts';
import { type GenerationRequest, requestSchema } from './request.ts';

const settingsSchema = z.object({ app: z.literal('RelationBooth'), request: requestSchema });

/** This app's own entry in a picture file: the whole request as JSON. */
export function renderSettings(request: GenerationRequest): string {
  return JSON.stringify({ app: 'RelationBooth', request });
}

/** The request of such an entry; throws AppError 'bad-image' for one that cannot be read. */
export function parseSettings(text: string): GenerationRequest {
  try {
    return settingsSchema.parse(JSON.parse(text)).request;
  } catch (error) {
    throw new AppError(
      'bad-image',
      'The settings inside this picture cannot be read: they are damaged or from a newer version of the app.',
      { cause: error },
    );
  }
}
