import { rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'vite';
import { createFolderStore } from '../src/weights/node-store.ts';
import { writeTinyPack } from '../tests/support/tiny-pack.ts';

const root = path.join(import.meta.dirname, '..');

/** Builds the engine harness with a tiny pack of random weights beside it. */
export default async function setUp(): Promise<void> {
  const pack = path.join(root, '.cache/harness-public/tiny-pack');
  await rm(pack, { recursive: true, force: true });
  await writeTinyPack(createFolderStore(pack), 'q8');
  await build({ configFile: path.join(root, 'e2e/harness/vite.config.ts'), logLevel: 'warn' });
}
