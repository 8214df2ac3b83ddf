import { z } from 'zod';
import { AppError } from '../../shared/errors.ts';

export const questionSchema = z.object({ id: z.number().int(), text: z.string() });
const answerSchema = z.object({ id: z.number().int(), verbs: z.array(z.string()) });
export type Answer = z.infer<typeof answerSchema>;

interface Waiting {
  readonly resolve: (verbs: readonly string[]) => void;
  readonly reject: (error: AppError) => void;
}

let worker: Worker | undefined;
let lastId = 0;
const waiting = new Map<number, Waiting>();

function start(): Worker {
  const started = new Worker(new URL('./language.worker.ts', import.meta.url), { type: 'module' });
  started.onmessage = (event: MessageEvent<unknown>) => {
    const { id, verbs } = answerSchema.parse(event.data);
    waiting.get(id)?.resolve(verbs);
    waiting.delete(id);
  };
  started.onerror = ({ message }) => {
    started.terminate();
    worker = undefined;
    const error = new AppError(
      'worker-died',
      `The reader of the prompt stopped (${message}). Reload the page.`,
    );
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  return started;
}

/** Base forms of the verbs of an English text, found in a worker that starts with the first question. */
export function verbsOf(text: string): Promise<readonly string[]> {
  worker ??= start();
  lastId += 1;
  const id = lastId;
  const asked = worker;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    asked.postMessage({ id, text });
  });
}
