import { AppError } from '../shared/errors.ts';
import { createCallClient } from './call-client.ts';
import type { WorkerLike } from './calls.ts';
import { LANGUAGE_PROTOCOL, type LanguageCalls } from './language-protocol.ts';

/** Asks for the base forms of the verbs of an English text. Rejects with AppError. */
export function createLanguageClient(
  startWorker: () => WorkerLike,
): (text: string) => Promise<readonly string[]> {
  const { call } = createCallClient<LanguageCalls>(LANGUAGE_PROTOCOL, {
    startWorker,
    died: (detail) =>
      new AppError('worker-died', `The reader of the prompt stopped${detail}. Write on to start it again.`, {
        retryable: true,
      }),
  });
  return async (text) => (await call('find-verbs', { text })).verbs;
}
