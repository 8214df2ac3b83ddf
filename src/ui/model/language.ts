import nlp from 'compromise/two';
import { z } from 'zod';
import { type Lemmatizer } from './relations.ts';

/** compromise's types do not know `root`; its documentation of json() does. */
const WITH_ROOTS = { terms: { root: true, normal: true } };

const matches = z.array(
  z.object({ terms: z.array(z.object({ normal: z.string(), root: z.string().nullish() })) }),
);

/**
 * Base forms of the verbs of an English text, by compromise 14: "is hugging" gives hugging → hug. A module of
 * its own so that it loads with `import()` when somebody writes a prompt.
 */
export const lemmatizeVerbs: Lemmatizer = (text) => {
  const document = nlp(text);
  document.compute('root');
  const found = matches.parse(document.match('#Verb').json(WITH_ROOTS));
  return new Map(
    found.flatMap(({ terms }) =>
      terms.flatMap(({ normal, root }) => (typeof root === 'string' ? [[normal, root] as const] : [])),
    ),
  );
};
