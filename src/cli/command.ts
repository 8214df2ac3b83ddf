import { parseArgs, type ParseArgsConfig } from 'node:util';
import { z } from 'zod';
import { AppError, messageOf } from '../shared/errors.ts';

export interface Command<Arguments> {
  /** What --help prints; also shown below the fault of wrong arguments. */
  readonly usage: string;
  /** `help` among them. */
  readonly options: NonNullable<ParseArgsConfig['options']>;
  readonly schema: z.ZodType<Arguments>;
  /** The schema's name for the first word that is no option; without it such words are refused. */
  readonly positional?: string;
  readonly run: (parsed: Arguments) => Promise<void>;
}

async function start<Arguments>(command: Command<Arguments>): Promise<void> {
  const { usage, options, schema, positional } = command;
  const { values, positionals } = parseArgs({ options, allowPositionals: positional !== undefined });
  if (values['help'] === true) {
    process.stdout.write(usage);
    return;
  }
  const parsed = schema.safeParse(
    positional === undefined ? values : { ...values, [positional]: positionals[0] },
  );
  if (!parsed.success) throw new AppError('bad-request', `${z.prettifyError(parsed.error)}\n\n${usage}`);
  await command.run(parsed.data);
}

/** Runs a command with this process's arguments; a failure is one message on stderr and exit code 1. */
export function runCommand<Arguments>(command: Command<Arguments>): void {
  start(command).catch((error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  });
}
