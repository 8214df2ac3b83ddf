import { parentPort } from 'node:worker_threads';
import { invariant } from '../shared/errors.ts';
import { CONVERT_HANDLERS, CONVERT_PROTOCOL, type ConvertCalls } from '../workers/convert-protocol.ts';
import { serveCalls } from '../workers/serve-calls.ts';

/** The entry of a thread that converts slices for an install in Node. */
const port = parentPort;
invariant(port !== null, () => 'This module is the entry of a thread.');
serveCalls<ConvertCalls>(
  {
    postMessage(message, transfer) {
      port.postMessage(
        message,
        transfer.filter((buffer) => buffer instanceof ArrayBuffer),
      );
    },
    onMessage(listener) {
      port.on('message', listener);
    },
  },
  CONVERT_PROTOCOL,
  CONVERT_HANDLERS,
);
