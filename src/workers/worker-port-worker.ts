import type { HostPort } from './calls.ts';

declare const self: DedicatedWorkerGlobalScope;

/**
 * This worker's own end of its page's messages. From now on it holds a lock of its own name as long as it
 * lives: the page that waits for it learns of the end, however it comes.
 */
export function workerPort(): HostPort {
  if ('locks' in navigator) {
    navigator.locks
      .request(self.name, () => new Promise<never>(() => undefined))
      .catch(() => {
        // Refused together with storage: the page has to do without.
      });
  }
  return {
    postMessage(message, transfer) {
      self.postMessage(message, transfer);
    },
    onMessage(listener) {
      self.onmessage = (event: MessageEvent<unknown>) => {
        listener(event.data);
      };
    },
  };
}
