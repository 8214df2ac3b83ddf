import { expect, test } from '@playwright/test';
import { BoothPage } from './pages/booth-page.ts';

test('a killed worker loses no work, and trying again makes the picture', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  const prompt = await booth.prompt.inputValue();
  await booth.setNumber('Steps', 40);
  await booth.setNumber('Seed', 5);
  await booth.generate();
  await expect(booth.status).toContainText(/Drawing \d+ of 40/, { timeout: 120_000 });
  const engine = page.workers().find((worker) => worker.url().includes('engine-worker'));
  if (engine === undefined) throw new Error('There is no engine worker.');
  await engine.evaluate(() => {
    self.close();
  });
  await expect(page.getByRole('alert')).toContainText('stopped unexpectedly', { timeout: 30_000 });
  await expect(booth.prompt).toHaveValue(prompt);
  await expect(booth.number('Steps')).toHaveValue('40');
  await expect(booth.photo(1)).toBeVisible();

  await page.getByRole('button', { name: 'Try again' }).click();
  await booth.waitForPicture();
  expect(await booth.historySeeds()).toEqual([5]);
});

test('a browser that stores nothing says so, and pictures are made all the same', async ({ page }) => {
  await page.addInitScript(() => {
    const refuse = (): never => {
      throw new DOMException('The user denied permission to access the storage.', 'SecurityError');
    };
    IDBFactory.prototype.open = refuse;
    Storage.prototype.getItem = refuse;
    Storage.prototype.setItem = refuse;
  });
  const booth = new BoothPage(page);
  await booth.open();
  await expect(page.getByRole('alert')).toContainText('stores nothing');
  await booth.setNumber('Steps', 2);
  await booth.generate();
  await booth.waitForPicture();
  await booth.openMachine();
  await expect(page.getByRole('dialog')).toContainText('stores nothing for this page');
});

test('what is stored is told by kind and can be cleared; what is in use stays', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.setNumber('Steps', 2);
  await booth.generate();
  await booth.waitForPicture();
  expect(await booth.historySeeds()).toHaveLength(1);
  await booth.openMachine();
  const machine = page.getByRole('dialog');
  await expect(machine).toContainText('The model takes at least');
  await machine.getByRole('button', { name: 'Clear pictures' }).click();
  await expect(machine.getByRole('button', { name: 'Clear pictures' })).toBeDisabled();
  await machine.getByRole('button', { name: 'Clear photos' }).click();
  await page.keyboard.press('Escape');
  expect(await booth.historySeeds()).toEqual([]);
  await page.reload();
  await booth.waitUntilReady();
  await expect(booth.photo(1)).toBeVisible();
  expect(await booth.historySeeds()).toEqual([]);
});
