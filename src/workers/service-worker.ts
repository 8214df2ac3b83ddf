import { clientsClaim } from 'workbox-core';
import type { WorkboxPlugin } from 'workbox-core/types.js';
import { addPlugins, cleanupOutdatedCaches, precacheAndRoute } from 'workbox-precaching';
import { registerRoute } from 'workbox-routing';
import { CacheFirst } from 'workbox-strategies';
import { MODEL_CACHE } from './model-cache.ts';

/**
 * Makes the app start without a network and cross-origin isolated on hosts that cannot send headers. The
 * shell is stored when this worker is installed; model and runtime files when they are first used. Both by
 * the revision that the build gave them, so that a new build is fetched and an old one is forgotten.
 */
declare const self: ServiceWorkerGlobalScope;

interface BuiltFile {
  /** Relative to this worker. */
  readonly url: string;
  /** Changes with the file's content. */
  readonly revision: string;
}

/** The build writes both lists in. */
declare const SHELL_FILES: readonly BuiltFile[];
declare const LAZY_FILES: readonly BuiltFile[];

/** What WebAssembly threads need of the page and of its workers. */
function isolate(response: Response): Response {
  // An opaque response cannot be made again, and needs no such headers.
  if (response.type === 'opaque' || response.type === 'error') return response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  headers.set('Cross-Origin-Resource-Policy', 'same-origin');
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

const isolation: WorkboxPlugin = {
  handlerWillRespond: ({ response }) => Promise.resolve(isolate(response)),
};

function keyOf({ url, revision }: BuiltFile): string {
  const key = new URL(url, self.location.href);
  key.searchParams.set('revision', revision);
  return key.href;
}

const lazyKeys = new Map(LAZY_FILES.map((file) => [new URL(file.url, self.location.href).href, keyOf(file)]));

async function forgetOldModels(): Promise<void> {
  const cache = await caches.open(MODEL_CACHE);
  const current = new Set(lazyKeys.values());
  const old = (await cache.keys()).filter(({ url }) => !current.has(url));
  await Promise.all(old.map((request) => cache.delete(request)));
}

clientsClaim();
cleanupOutdatedCaches();
addPlugins([isolation]);
// The page's own parameters choose a device or a pack; it is the same page.
precacheAndRoute([...SHELL_FILES], { ignoreURLParametersMatching: [/.*/] });
registerRoute(
  ({ url }) => lazyKeys.has(url.origin + url.pathname),
  new CacheFirst({
    cacheName: MODEL_CACHE,
    // A file of the last build in the browser's own cache must not be stored as this build's.
    fetchOptions: { cache: 'no-cache' },
    plugins: [
      isolation,
      {
        cacheKeyWillBeUsed: ({ request }) => {
          const { origin, pathname } = new URL(request.url);
          return Promise.resolve(lazyKeys.get(origin + pathname) ?? request);
        },
      },
    ],
  }),
);
self.addEventListener('activate', (event) => {
  event.waitUntil(forgetOldModels());
});
