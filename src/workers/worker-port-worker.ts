import type { HostPort } from './calls.ts';

declare const self: DedicatedWorkerGlobalScope;

/**
 * This worker's own end of its page's messages. From now on it holds a lock of its own name as long as it
 * lives: the page that waits for it learns of the end, however it comes. What it posts before the lock is
 * its own waits, or a page that hears from it could get the lock first and take it for dead.
 */
export function workerPort(): HostPort {
  let waiting: (() => void)[] | undefined;
  const postAll = (): void => {
    const posts = waiting ?? [];
    waiting = undefined;
    for (const post of posts) post();
  };
  if ('locks' in navigator) {
    waiting = [];
    navigator.locks
      .request(self.name, () => {
        postAll();
        return new Promise<never>(() => undefined);
      })
      // Refused together with storage: the page has to do without.
      .catch(postAll);
  }
  return {
    postMessage(message, transfer) {
      if (waiting === undefined) self.postMessage(message, transfer);
      else
        waiting.push(() => {
          self.postMessage(message, transfer);
        });
    },
    onMessage(listener) {
      self.onmessage = (event: MessageEvent<unknown>) => {
        listener(event.data);
      };
    },
  };
}
