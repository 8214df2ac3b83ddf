import type { z } from 'zod';
import { AppError } from '../../shared/errors.ts';

/**
 * Parses a network's official config.json with the network's own schema.
 * Throws AppError 'bad-checkpoint' naming every field that is missing or that this engine cannot run.
 */
export function parseConfig<Schema extends z.ZodType>(
  schema: Schema,
  config: unknown,
  network: string,
): z.output<Schema> {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const field = issue.path.map(String).join('.');
    return field === '' ? issue.message : `${field}: ${issue.message}`;
  });
  throw new AppError(
    'bad-checkpoint',
    `This ${network} config is not one the engine can run. ${faults.join('; ')}. ` +
      'Use a checkpoint of the SDXL family in the diffusers layout.',
    { cause: parsed.error },
  );
}
