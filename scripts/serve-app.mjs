import { preview } from 'vite';
import { root } from './ensure-dependencies.mjs';

/** Serves dist/ on localhost with the isolation headers of vite.config.ts. Returns the address. */
export async function serveApp({ port, strictPort }) {
  const server = await preview({ root, preview: { port, strictPort, host: 'localhost' }, logLevel: 'warn' });
  const address = server.resolvedUrls?.local[0];
  if (address === undefined) throw new Error('The local server did not start.');
  return { address, close: () => server.close() };
}
