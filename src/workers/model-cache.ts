/** Name of the cache that the service worker keeps model and runtime files in; the page shows and clears it. */
export const MODEL_CACHE = 'relationbooth-models';
