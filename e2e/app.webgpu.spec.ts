import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { z } from 'zod';
import { extractSettings } from '../src/shared/png-metadata.ts';
import { BoothPage } from './pages/booth-page.ts';
import { heldOutCharacter, pixelsOf } from './support/photos.ts';

/** The pack of random weights that global-setup.ts makes. */
const TINY_PACK = path.join(import.meta.dirname, '../.cache/harness-public/tiny-pack');
const manifestSchema = z.looseObject({ id: z.string() });

/** Serves the tiny pack in the place of the embedded one, under its name. */
async function serveTinyPack(page: Page): Promise<void> {
  await page.route('**/models/toybox/**', async (route) => {
    const [, file = ''] = new URL(route.request().url()).pathname.split('/models/toybox/');
    const bytes = await readFile(path.join(TINY_PACK, file));
    if (file !== 'pack.json') return route.fulfill({ body: bytes });
    const manifest = manifestSchema.parse(JSON.parse(bytes.toString('utf8')));
    return route.fulfill({ json: { ...manifest, id: 'toybox' } });
  });
}

test('the main job on WebGPU: photos, boxes, words, a picture, and the same again from it', async ({
  page,
}) => {
  await serveTinyPack(page);
  const booth = new BoothPage(page);
  await booth.open('?device=software-webgpu');
  await expect(page.getByRole('button', { name: /software WebGPU/ })).toBeVisible();
  const [first, second] = [heldOutCharacter(101), heldOutCharacter(202)];
  await booth.setPhoto(1, first.photo);
  await booth.setPhoto(2, second.photo);
  await booth.phrase(1).fill(first.phrase);
  await booth.phrase(2).fill(second.phrase);
  const prompt = `a ${first.phrase} is hugging a ${second.phrase}`;
  await booth.prompt.fill(prompt);
  await booth.setBox(1, { x: 15, y: 25, width: 40, height: 65 });
  await booth.setNumber('Width', 64);
  await booth.setNumber('Height', 64);
  await booth.setNumber('Steps', 2);
  await booth.setNumber('Seed', 7);
  await booth.generate();
  await booth.waitForPicture();
  const png = await booth.downloadPng();
  expect(extractSettings(png)).toMatchObject({
    prompt,
    seed: 7,
    objects: [{ phrase: first.phrase, box: [0.15, 0.25, 0.55, 0.9] }, { phrase: second.phrase }],
  });

  await booth.prompt.fill('something else');
  await booth.dropOnPage({ name: 'picture.png', mimeType: 'image/png', buffer: png });
  await expect(booth.prompt).toHaveValue(prompt);
  await booth.generate();
  await expect.poll(() => booth.historySeeds(), { timeout: 120_000 }).toHaveLength(2);
  await booth.waitForPicture();
  expect((await pixelsOf(await booth.downloadPng())).equals(await pixelsOf(png))).toBe(true);
});
