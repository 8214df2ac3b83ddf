import path from 'node:path';
import { defineConfig } from 'vite';

const root = import.meta.dirname;

/** Built by install-unet.ts alone; no part of the app. */
export default defineConfig({
  root,
  base: './',
  publicDir: false,
  worker: { format: 'es' },
  build: { target: 'es2023', outDir: path.join(root, '../../../.cache/install-page'), emptyOutDir: true },
  preview: { port: 4197, host: 'localhost' },
});
