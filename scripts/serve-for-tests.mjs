/** The built app (port 4199) and the engine harness (port 4198), for the browser tests. */
import path from 'node:path';
import { preview } from 'vite';
import { root } from './ensure-dependencies.mjs';
import { serveApp } from './serve-app.mjs';

await serveApp({ port: 4199, strictPort: true });
await preview({
  configFile: path.join(root, 'vite.config.ts'),
  root: path.join(root, 'e2e/harness'),
  build: { outDir: path.join(root, '.cache/harness') },
  preview: { port: 4198, strictPort: true, host: 'localhost' },
  logLevel: 'warn',
});
