import { mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../shared/errors.ts';

const LOCK_FILE = 'install.lock';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // A process of another user answers with EPERM: it is there.
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
}

async function holder(file: string): Promise<number | undefined> {
  try {
    return Number(await readFile(file, 'utf8'));
  } catch {
    // Given back in this moment.
    return undefined;
  }
}

async function acquire(folder: string): Promise<string> {
  const file = path.join(folder, LOCK_FILE);
  await mkdir(folder, { recursive: true });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return file;
    } catch {
      const pid = await holder(file);
      if (pid !== undefined && isAlive(pid)) break;
      // Its process ended without giving it back.
      await rm(file, { force: true });
    }
  }
  throw new AppError(
    'bad-request',
    `Another process is installing into "${folder}". Wait for it to end, or choose another folder.`,
    { retryable: true },
  );
}

/** Runs `action` while no other process installs into the folder. Throws AppError 'bad-request' if one does. */
export async function withFolderLock<T>(folder: string, action: () => Promise<T>): Promise<T> {
  const file = await acquire(folder);
  try {
    return await action();
  } finally {
    await rm(file, { force: true });
  }
}
