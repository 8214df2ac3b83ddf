import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync, mkdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const [major, minor] = process.versions.node.split('.').map(Number);

/** Installs the locked packages if node_modules is missing or older than the lock file. */
export function ensureDependencies() {
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Error(
      `Node 20.19 or newer is needed; this is ${process.versions.node}. Install a newer Node and run again.`,
    );
  }
  const lockHash = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = path.join(root, 'node_modules', '.relationbooth-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash) return;
  console.log('Installing packages ...');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  execFileSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, lockHash);
}

/** Newest modification time (ms) of the files below the given paths. */
export function newestChange(paths, listFiles) {
  return Math.max(
    0,
    ...paths.flatMap((entry) => listFiles(path.join(root, entry))).map((file) => statSync(file).mtimeMs),
  );
}
