import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { newestChange, root } from './ensure-dependencies.mjs';

const sources = ['src', 'public', 'scripts', 'index.html', 'vite.config.ts', 'package-lock.json'];

function listFiles(entry) {
  if (!existsSync(entry)) return [];
  if (!statSync(entry).isDirectory()) return [entry];
  return readdirSync(entry, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => path.join(item.parentPath, item.name));
}

/** Builds the app into dist/ unless dist/ is newer than everything it is made from. */
export async function buildApp() {
  const built = path.join(root, 'dist', 'index.html');
  if (existsSync(built) && statSync(built).mtimeMs > newestChange(sources, listFiles)) return;
  console.log('Building the app ...');
  const { build } = await import('vite');
  await build({ root, logLevel: 'warn' });
}
