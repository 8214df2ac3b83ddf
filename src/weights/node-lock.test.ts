import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withFolderLock } from './node-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'relationbooth-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('withFolderLock', () => {
  it('lets one install into a folder run at a time, and gives the folder back', async () => {
    const inside = await withFolderLock(folder, async () => {
      await expect(withFolderLock(folder, () => Promise.resolve('second'))).rejects.toMatchObject({
        code: 'bad-request',
        retryable: true,
      });
      return 'first';
    });
    expect(inside).toBe('first');
    expect(await readdir(folder)).toEqual([]);
    await expect(withFolderLock(folder, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes over from a process that ended without giving it back', async () => {
    // Larger than any process id that Linux gives.
    await writeFile(path.join(folder, 'install.lock'), String(2 ** 23));
    await expect(withFolderLock(folder, () => Promise.resolve('taken'))).resolves.toBe('taken');
  });
});
