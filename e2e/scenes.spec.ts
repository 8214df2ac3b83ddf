import { expect, test } from '@playwright/test';
import { extractSettings } from '../src/shared/png-metadata.ts';
import { BoothPage } from './pages/booth-page.ts';
import { heldOutCharacter } from './support/photos.ts';

test('four objects make a picture, and so does none', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  const { phrase, photo } = heldOutCharacter(7);
  for (const object of [3, 4]) {
    await page.getByRole('button', { name: 'Add object' }).click();
    await booth.setPhoto(object, photo);
    await booth.phrase(object).fill(object === 3 ? phrase : 'small robot');
  }
  await expect(page.getByRole('button', { name: 'Add object' })).toHaveCount(0);
  const phrases = await Promise.all([1, 2, 3, 4].map((object) => booth.phrase(object).inputValue()));
  await booth.prompt.fill(phrases.map((one) => `a ${one}`).join(' and '));
  await booth.setNumber('Steps', 2);
  await booth.generate();
  await booth.waitForPicture();
  const request = extractSettings(await booth.downloadPng());
  expect(request?.objects.map((object) => object.phrase)).toEqual(phrases);

  await booth.removeAllObjects();
  await expect(page.getByText('No objects: the words alone make the picture.')).toBeVisible();
  await booth.prompt.fill('a beach with palm trees');
  await booth.generate();
  await expect(booth.status).toContainText(/Done in/, { timeout: 120_000 });
  expect(extractSettings(await booth.downloadPng())?.objects).toEqual([]);
});

test('a locked box stays, whatever moves boxes; a copy stands beside its original', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  const before = await booth.boxValues(1);
  await booth.chooseInMenu('More for object 1', 'Lock the box');
  await expect(booth.box(1).getByRole('spinbutton', { name: 'x', exact: true })).toBeDisabled();
  const frame = booth.frame(1);
  await frame.focus();
  await page.keyboard.press('Shift+ArrowRight');
  const { x, y, width } = (await frame.boundingBox()) ?? { x: 0, y: 0, width: 0 };
  await page.mouse.move(x + width / 4, y + 60);
  await page.mouse.down();
  await page.mouse.move(x + width / 4 + 80, y + 120, { steps: 3 });
  await page.mouse.up();
  const second = await booth.boxValues(2);
  await booth.startFrom('Carrying');
  expect(await booth.boxValues(1)).toEqual(before);
  expect(await booth.boxValues(2)).not.toEqual(second);

  await frame.focus();
  await page.keyboard.press('l');
  await page.keyboard.press('d');
  await expect(booth.phrase(3)).toHaveValue(await booth.phrase(1).inputValue());
  await expect(booth.photo(3)).toBeVisible();
  expect(await booth.boxValues(3)).not.toEqual(before);
});

test('the prompt tells its tokens; pictures are found by their words', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.prompt.fill('a bear');
  await expect(page.getByText('2 of 75 tokens')).toBeVisible();
  await booth.prompt.fill('bear '.repeat(80));
  await expect(page.getByText('80 of 75 tokens, 5 too many: the end is left out')).toBeVisible();

  await booth.setNumber('Steps', 1);
  for (const [seed, scene] of [
    [11, 'on the beach'],
    [12, 'in the snow'],
  ] as const) {
    await booth.setNumber('Seed', seed);
    await booth.prompt.fill(`a bear is hugging a rabbit ${scene}`);
    await booth.generate();
    await expect.poll(() => booth.historySeeds(), { timeout: 120_000 }).toContain(seed);
  }
  const search = page.getByRole('searchbox', { name: 'Search pictures' });
  await search.fill('beach BEAR');
  expect(await booth.historySeeds()).toEqual([11]);
  await search.fill('penguin');
  await expect(page.getByText('No picture with these words.')).toBeVisible();
  await search.fill('');
  expect(await booth.historySeeds()).toEqual([12, 11]);
});
