/// <reference types="vite/client" />
import { createPhotoClient } from '../../workers/photo-client.ts';
import PhotoWorker from '../../workers/photo-worker.ts?worker';
import { startWorker } from '../../workers/worker-start.ts';

/**
 * The worker that works on photos, which starts with the first question: apart from the engine's, so that a
 * photo can be cut out while a picture is made.
 */
export const askPhotoWorker = createPhotoClient(() =>
  startWorker('photo', (options) => new PhotoWorker(options)),
);
