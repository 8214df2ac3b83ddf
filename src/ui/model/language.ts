/// <reference types="vite/client" />
import { createLanguageClient } from '../../workers/language-client.ts';
import LanguageWorker from '../../workers/language-worker.ts?worker';
import { startWorker } from '../../workers/worker-start.ts';

/** Base forms of the verbs of an English text, found in a worker that starts with the first question. */
export const verbsOf = createLanguageClient(() =>
  startWorker('language', (options) => new LanguageWorker(options)),
);
