import { errorToData } from './error-data.ts';
import { createPhotoHandlers, type PhotoHandlers } from './photo-handlers.ts';
import {
  PHOTO_PROTOCOL,
  type PhotoAnswer,
  type PhotoCallKind,
  photoQuestionSchema,
} from './photo-protocol.ts';

/** The entry of the worker that works on photos; calls run one after another. */
declare const self: DedicatedWorkerGlobalScope;

const handlers = createPhotoHandlers();
let queue: Promise<void> = Promise.resolve();

/** Frames change hands instead of being copied. */
function framesOf(result: object): ImageBitmap[] {
  const values: unknown[] = Object.values(result);
  return values.filter((value) => value instanceof ImageBitmap);
}

async function answer<K extends PhotoCallKind>(
  id: number,
  kind: K,
  handler: PhotoHandlers[K],
  params: unknown,
): Promise<void> {
  try {
    const result = await handler(PHOTO_PROTOCOL[kind].params.parse(params));
    self.postMessage({ type: 'result', id, result } satisfies PhotoAnswer, framesOf(result));
  } catch (thrown) {
    self.postMessage({ type: 'error', id, error: errorToData(thrown) } satisfies PhotoAnswer);
  }
}

self.onmessage = (event: MessageEvent<unknown>) => {
  const { id, kind, params } = photoQuestionSchema.parse(event.data);
  // `answer` never rejects, so one failure cannot hold up the calls behind it.
  queue = queue.then(() => answer(id, kind, handlers[kind], params));
};
