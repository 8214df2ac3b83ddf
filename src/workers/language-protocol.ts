import { z } from 'zod';
import type { Protocol } from './calls.ts';

/** What passes between a page and the worker that reads its prompts. */
export interface LanguageCalls {
  /** Base forms of the verbs of an English text: "hugging" gives "hug". */
  'find-verbs': {
    readonly params: { readonly text: string };
    readonly result: { readonly verbs: readonly string[] };
    readonly event: never;
  };
}

export const LANGUAGE_PROTOCOL: Protocol<LanguageCalls> = {
  'find-verbs': {
    queued: false,
    params: z.object({ text: z.string() }),
    result: z.object({ verbs: z.array(z.string()) }),
    event: z.never(),
  },
};
