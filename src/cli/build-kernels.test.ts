import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { kernelsModule } from './build-kernels.ts';

it('makes the kernels that are in the repository', async () => {
  const file = new URL('../weights/kernels-wasm.ts', import.meta.url);
  expect(await readFile(file, 'utf8')).toBe(await kernelsModule());
});
