import { createPhotoHandlers } from './photo-handlers.ts';
import { PHOTO_PROTOCOL, type PhotoCalls } from './photo-protocol.ts';
import { serveCalls } from './serve-calls.ts';
import { workerPort } from './worker-port-worker.ts';

/** The entry of the worker that works on photos. */
serveCalls<PhotoCalls>(workerPort(), PHOTO_PROTOCOL, createPhotoHandlers());
