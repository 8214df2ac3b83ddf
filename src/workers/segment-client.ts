import { AppError } from '../shared/errors.ts';
import { type CallClient, createCallClient } from './call-client.ts';
import type { WorkerLike } from './calls.ts';
import { SEGMENT_PROTOCOL, type SegmentCalls } from './segment-protocol.ts';

/** Asks the worker that finds objects. A run of the model cannot be stopped but by ending the worker. */
export function createSegmentClient(startWorker: () => WorkerLike): CallClient<SegmentCalls> {
  return createCallClient<SegmentCalls>(SEGMENT_PROTOCOL, {
    startWorker,
    died: (detail) =>
      new AppError(
        'worker-died',
        `The search for the object stopped${detail}, maybe for want of memory. The mask is as it was. Close other tabs and try again, or cut out by hand.`,
        { retryable: true },
      ),
  });
}
