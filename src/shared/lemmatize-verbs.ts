import nlp from 'compromise/two';
import { z } from 'zod';
import { type Lemmatizer } from './find-relation.ts';

/** compromise's types do not know `root`; its documentation of json() does. */
const WITH_ROOTS = { terms: { root: true, text: true } };

const matches = z.array(z.object({ terms: z.array(z.object({ root: z.string().nullish() })) }));

/** Base forms of the verbs of an English text, by compromise 14; auxiliaries have none. */
export const lemmatizeVerbs: Lemmatizer = (text) => {
  const document = nlp(text);
  document.compute('root');
  const found = matches.parse(document.match('#Verb').json(WITH_ROOTS));
  return found.flatMap(({ terms }) => terms.flatMap(({ root }) => (typeof root === 'string' ? [root] : [])));
};
