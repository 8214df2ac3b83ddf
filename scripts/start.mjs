/** `npm start`: installs what is missing, builds, serves the app on localhost, opens it on a desktop. */
import { spawn } from 'node:child_process';
import { ensureDependencies } from './ensure-dependencies.mjs';

ensureDependencies();
const { buildApp } = await import('./build-app.mjs');
const { serveApp } = await import('./serve-app.mjs');
await buildApp();
const port = Number(process.env.PORT ?? 4173);
const { address } = await serveApp({ port, strictPort: false });
console.log(`RelationBooth is at ${address}  (Ctrl+C ends it)`);

const hasDesktop =
  process.platform === 'darwin' ||
  process.platform === 'win32' ||
  Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);
if (hasDesktop && process.env.CI === undefined && process.stdout.isTTY) {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', address]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '', address]
        : ['xdg-open', address];
  const opener = spawn(command, args, { stdio: 'ignore', detached: true });
  opener.on('error', () => console.log('Open the address above in your browser.'));
  opener.unref();
}
