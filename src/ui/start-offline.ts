/// <reference types="vite/client" />

/** The page works without the service worker: a slow first installation must not hold up the engine for longer. */
const LONGEST_WAIT_MS = 4000;
/** Remembers that this tab was loaded again for isolation, so that it happens once. */
const RELOADED_KEY = 'relationbooth.isolated.1';

function controlled(): Promise<void> {
  const { serviceWorker } = navigator;
  if (serviceWorker.controller !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LONGEST_WAIT_MS);
    serviceWorker.addEventListener(
      'controllerchange',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/**
 * Starts the service worker and waits until it serves this page, so that what the engine fetches is kept for
 * visits without a network. On a host that cannot send the isolation headers the page is then loaded once
 * more, through the service worker, which adds them; `mayReload` says whether nothing would be lost by that.
 */
export async function startServiceWorker(mayReload: () => boolean): Promise<void> {
  if (import.meta.env.DEV || !('serviceWorker' in navigator)) return;
  try {
    await navigator.serviceWorker.register(new URL('service-worker.js', document.baseURI).href);
    // Some browsers are told to pretend.
    if ((await navigator.serviceWorker.getRegistration()) === undefined) return;
    await controlled();
    const served = navigator.serviceWorker.controller !== null;
    if (crossOriginIsolated || !served || !mayReload()) return;
    if (sessionStorage.getItem(RELOADED_KEY) !== null) return;
    sessionStorage.setItem(RELOADED_KEY, 'yes');
    location.reload();
    // The page ends here.
    await new Promise<never>(() => undefined);
  } catch {
    // Refused, as in private windows of some browsers: the app needs a network at each visit, and one thread.
  }
}
