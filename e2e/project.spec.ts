import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import { strToU8, zipSync } from 'fflate';
import { BoothPage } from './pages/booth-page.ts';
import { publishedLora } from './support/lora-files.ts';
import { heldOutCharacter } from './support/photos.ts';

const zip = (name: string, buffer: Buffer) => ({ name, mimeType: 'application/zip', buffer });

test('a project carries settings, photos and dropped LoRA files to another browser', async ({
  page,
  browser,
}) => {
  const booth = new BoothPage(page);
  await booth.open();
  const { phrase, photo } = heldOutCharacter(101);
  await booth.setPhoto(1, photo);
  await booth.phrase(1).fill(phrase);
  await booth.prompt.fill(`a ${phrase} is hugging a rabbit`);
  await booth.dropOnPage(await publishedLora('hugging', 'embrace.safetensors', {}));
  await expect(booth.lora('embrace')).toBeVisible();
  const download = page.waitForEvent('download');
  await booth.chooseInMenu('Project', 'Save project');
  const saved = await download;
  expect(saved.suggestedFilename()).toMatch(/\.relation\.zip$/);
  const file = zip('scene.relation.zip', await readFile(await saved.path()));

  // A browser that has never seen any of it.
  const elsewhere = await browser.newContext();
  const other = new BoothPage(await elsewhere.newPage());
  await other.open();
  await other.dropOnPage(file);
  await expect(other.prompt).toHaveValue(`a ${phrase} is hugging a rabbit`);
  await expect(other.phrase(1)).toHaveValue(phrase);
  await expect(other.lora('embrace')).toContainText('your file');
  await expect(other.photo(1)).toBeVisible();
  await other.setNumber('Steps', 2);
  await other.generate();
  await other.waitForPicture();
  await elsewhere.close();
});

test('a corrupt project and one from a newer version are refused, and nothing is lost', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.prompt.fill('a bear is hugging a rabbit, before anything went wrong');
  await booth.dropOnPage(zip('broken.relation.zip', Buffer.from('PK, but not a zip')));
  await expect(page.getByRole('alert').filter({ hasText: 'broken.relation.zip' })).toContainText('damaged');
  const newer = zipSync({
    'project.json': strToU8(JSON.stringify({ format: 'relationbooth-project', version: 2 })),
  });
  await booth.dropOnPage(zip('newer.relation.zip', Buffer.from(newer)));
  await expect(page.getByRole('alert').filter({ hasText: 'newer.relation.zip' })).toContainText(
    'newer version',
  );
  await expect(booth.prompt).toHaveValue('a bear is hugging a rabbit, before anything went wrong');
  await expect(booth.generateButton).toBeEnabled();
});

test('a link carries the settings, and names the photos that are missing', async ({ page, browser }) => {
  const booth = new BoothPage(page);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await booth.open();
  await booth.prompt.fill('two toys are dancing on the beach');
  await booth.setNumber('Seed', 4711);
  await booth.chooseInMenu('Project', 'Copy a link to these settings');
  await expect(page.getByText('The link is in the clipboard')).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());

  const elsewhere = await browser.newContext();
  const otherPage = await elsewhere.newPage();
  const other = new BoothPage(otherPage);
  await otherPage.goto(link);
  await expect(other.prompt).toHaveValue('two toys are dancing on the beach');
  await expect(other.number('Seed')).toHaveValue('4711');
  await expect(otherPage.getByText(/does not hold these photos: object 1 \(/)).toBeVisible();
  await otherPage.goto(`${link.slice(0, link.indexOf('#'))}#s=broken`);
  await otherPage.reload();
  await expect(otherPage.getByRole('alert')).toContainText('cut or changed');
  await expect(other.prompt).toHaveValue('two toys are dancing on the beach');
  await elsewhere.close();
});
