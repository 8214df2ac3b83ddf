import { CONVERT_HANDLERS, CONVERT_PROTOCOL, type ConvertCalls } from './convert-protocol.ts';
import { serveCalls } from './serve-calls.ts';
import { workerPort } from './worker-port-worker.ts';

/** The entry of a worker that converts slices for the install worker, as `cli/convert-thread.ts` does in Node. */
serveCalls<ConvertCalls>(workerPort(), CONVERT_PROTOCOL, CONVERT_HANDLERS);
