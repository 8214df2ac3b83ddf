import { AppError } from '../shared/errors.ts';
import { errorFromData } from './error-data.ts';
import {
  PHOTO_PROTOCOL,
  photoAnswerSchema,
  type PhotoCallKind,
  type PhotoCalls,
  type PhotoQuestion,
} from './photo-protocol.ts';

interface Waiting {
  readonly onResult: (result: unknown) => void;
  readonly onError: (error: AppError) => void;
}

let worker: Worker | undefined;
let lastId = 0;
const waiting = new Map<number, Waiting>();

function start(): Worker {
  const started = new Worker(new URL('./photo-worker.ts', import.meta.url), { type: 'module' });
  started.onmessage = (event: MessageEvent<unknown>) => {
    const answer = photoAnswerSchema.parse(event.data);
    const caller = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.type === 'result') caller?.onResult(answer.result);
    else caller?.onError(errorFromData(answer.error));
  };
  started.onerror = ({ message }) => {
    started.terminate();
    worker = undefined;
    const error = new AppError(
      'worker-died',
      `The work on the photo stopped (${message}), maybe for want of memory. Try again, or with a smaller photo.`,
      { retryable: true },
    );
    for (const { onError } of waiting.values()) onError(error);
    waiting.clear();
  };
  return started;
}

/** Asks the worker that works on photos, which starts with the first question. Rejects with AppError. */
export function askPhotoWorker<K extends PhotoCallKind>(
  kind: K,
  params: PhotoCalls[K]['params'],
): Promise<PhotoCalls[K]['result']> {
  worker ??= start();
  const asked = worker;
  lastId += 1;
  const id = lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, {
      onResult: (result) => {
        const parsed = PHOTO_PROTOCOL[kind].result.safeParse(result);
        if (parsed.success) resolve(parsed.data);
        else
          reject(
            new AppError('internal', 'The photo worker gave an answer of another form.', {
              cause: parsed.error,
            }),
          );
      },
      onError: reject,
    });
    asked.postMessage({ id, kind, params } satisfies PhotoQuestion);
  });
}
