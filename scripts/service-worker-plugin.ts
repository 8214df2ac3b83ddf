import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Plugin } from 'vite';

const FILE_NAME = 'service-worker.js';
/** Large, and not all of them needed: stored when first used. */
const LAZY = /^models\/|\.wasm$|\/segment-worker-/;

interface BuiltFile {
  readonly url: string;
  readonly revision: string;
}

async function listBuild(folder: string): Promise<readonly BuiltFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && entry.name !== FILE_NAME)
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  return Promise.all(
    files.map(async (file) => ({
      url: path.relative(folder, file).replaceAll(path.sep, '/'),
      revision: createHash('sha256')
        .update(await readFile(file))
        .digest('hex')
        .slice(0, 16),
    })),
  );
}

/**
 * Builds `service-worker.js` beside the app once the app is written, with the list of its files. Workbox's own
 * plugins make that list too, but bring a second bundler and Babel with them; these sixty lines do not.
 */
export function serviceWorkerPlugin(entry: string): Plugin {
  let folder = '';
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved({ root, build: { outDir } }) {
      folder = path.resolve(root, outDir);
    },
    closeBundle: {
      sequential: true,
      async handler() {
        const files = await listBuild(folder);
        await build({
          configFile: false,
          publicDir: false,
          logLevel: 'warn',
          define: {
            SHELL_FILES: JSON.stringify(files.filter(({ url }) => !LAZY.test(url))),
            LAZY_FILES: JSON.stringify(files.filter(({ url }) => LAZY.test(url))),
            'process.env.NODE_ENV': '"production"',
          },
          build: {
            target: 'es2023',
            outDir: folder,
            emptyOutDir: false,
            lib: { entry, formats: ['iife'], name: 'serviceWorker', fileName: () => FILE_NAME },
          },
        });
      },
    },
  };
}
