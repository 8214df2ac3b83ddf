import { z } from 'zod';
import { AppError, ERROR_CODES, messageOf } from '../shared/errors.ts';

/** An {@link AppError} as plain data: structured clone keeps neither its class nor its code. */
export const errorDataSchema = z.object({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  retryable: z.boolean(),
  /** Text of the chain of causes, for the report a user may send. */
  causes: z.array(z.string()),
});
export type ErrorData = z.infer<typeof errorDataSchema>;

function causesOf(thrown: unknown): string[] {
  const causes: string[] = [];
  let cause: unknown = thrown instanceof Error ? thrown.cause : undefined;
  // The bound only ends a chain that points back at itself.
  while (cause !== undefined && causes.length < 8) {
    causes.push(messageOf(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}

/** Anything thrown as data; what is no AppError gets code 'internal'. */
export function errorToData(thrown: unknown): ErrorData {
  return {
    code: thrown instanceof AppError ? thrown.code : 'internal',
    message: messageOf(thrown),
    retryable: thrown instanceof AppError && thrown.retryable,
    causes: causesOf(thrown),
  };
}

export function errorFromData(data: ErrorData): AppError {
  const cause = data.causes.reduceRight<Error | undefined>(
    (inner, message) => new Error(message, inner === undefined ? undefined : { cause: inner }),
    undefined,
  );
  return new AppError(data.code, data.message, { retryable: data.retryable, cause });
}
