import { lemmatizeVerbs } from '../shared/lemmatize-verbs.ts';
import { LANGUAGE_PROTOCOL, type LanguageCalls } from './language-protocol.ts';
import { serveCalls } from './serve-calls.ts';
import { workerPort } from './worker-port-worker.ts';

/** The language library takes a moment to load and to read: not on the page's own thread. */
serveCalls<LanguageCalls>(workerPort(), LANGUAGE_PROTOCOL, {
  'find-verbs': ({ text }) => Promise.resolve({ verbs: [...lemmatizeVerbs(text)] }),
});
