/// <reference types="vite/client" />
import { AbortError } from '../../shared/errors.ts';
import { createSegmentClient } from '../../workers/segment-client.ts';
import SegmentWorker from '../../workers/segment-worker.ts?worker';
import { startWorker } from '../../workers/worker-start.ts';

const client = createSegmentClient(() => startWorker('segment', (options) => new SegmentWorker(options)));

/** Asks the worker that finds objects, which starts with the first question and keeps its model loaded. */
export const askSegmentWorker = client.call;

/** Ends that worker, with what it is at: its model's memory is free again, or another model is there. */
export function endSegmentWorker(): void {
  client.end(new AbortError());
}
