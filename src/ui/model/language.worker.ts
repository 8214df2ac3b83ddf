import { lemmatizeVerbs } from '../../shared/lemmatize-verbs.ts';
import { questionSchema, type Answer } from './language-service.ts';

/** The language library takes a moment to load and to read: not on the page's own thread. */
self.onmessage = (event: MessageEvent<unknown>) => {
  const { id, text } = questionSchema.parse(event.data);
  const answer: Answer = { id, verbs: [...lemmatizeVerbs(text)] };
  self.postMessage(answer);
};
