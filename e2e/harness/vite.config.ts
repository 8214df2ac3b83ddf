import path from 'node:path';
import { defineConfig } from 'vite';

const root = import.meta.dirname;
const cache = path.join(root, '../../.cache');

/** The harness is built apart from the app; `publicDir` holds the packs that the global set-up makes. */
export default defineConfig({
  root,
  base: './',
  publicDir: path.join(cache, 'harness-public'),
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    outDir: path.join(cache, 'harness'),
    emptyOutDir: true,
    chunkSizeWarningLimit: 900,
  },
});
