import { AppError } from '../shared/errors.ts';
import { type Call, createCallClient } from './call-client.ts';
import type { WorkerLike } from './calls.ts';
import { PHOTO_PROTOCOL, type PhotoCalls } from './photo-protocol.ts';

/** Asks the worker that works on photos. Rejects with AppError. */
export function createPhotoClient(startWorker: () => WorkerLike): Call<PhotoCalls> {
  return createCallClient<PhotoCalls>(PHOTO_PROTOCOL, {
    startWorker,
    died: (detail) =>
      new AppError(
        'worker-died',
        `The work on the photo stopped${detail}, maybe for want of memory. Try again, or with a smaller photo.`,
        { retryable: true },
      ),
  }).call;
}
