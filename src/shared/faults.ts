import { z } from 'zod';

/** Enough to recognise a value by. */
const SHOWN_CHARACTERS = 80;

/**
 * What is wrong with a value, a line a field: what was expected, and what came, which zod only tells if it parsed
 * with {@link REPORT_INPUT}.
 */
export function describeFaults({ issues }: z.ZodError): string {
  return issues
    .map(({ path, message, input }) => {
      const field = z.core.toDotPath(path);
      return `${field === '' ? '' : `${field}: `}${message}${input === undefined ? '' : `, got ${shown(input)}`}`;
    })
    .join('\n');
}

export const REPORT_INPUT = { reportInput: true } as const;

function shown(value: unknown): string {
  // JSON has no NaN and no bigint.
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}
