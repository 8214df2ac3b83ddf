import { expect, test } from '@playwright/test';
import { BoothPage } from './pages/booth-page.ts';

test('a batch is made in the order of its queue, and more can be asked for meanwhile', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.setNumber('Steps', 6);
  await booth.setNumber('Seed', 7);
  await booth.setNumber('Pictures', 3);
  await booth.generate();
  await expect(booth.queueChip).toHaveText('2 waiting');

  // One more with other settings, asked for while the first runs, then moved to the front.
  await booth.setNumber('Pictures', 1);
  await booth.setNumber('Seed', 50);
  await booth.generate();
  await booth.queueChip.click();
  const earlier = page.getByRole('button', { name: 'Make seed 50 earlier' });
  await earlier.click();
  await earlier.click();
  await expect(earlier).toBeDisabled();
  await page.getByRole('button', { name: 'Take seed 9 out of the queue' }).click();
  await page.keyboard.press('Escape');

  await expect.poll(() => booth.historySeeds(), { timeout: 150_000 }).toEqual([8, 50, 7]);
  await booth.waitForPicture();
  await expect(booth.queueChip).toHaveCount(0);
});

test('cancel ends one picture and the next has its turn; cancel all ends them all', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.setNumber('Steps', 100);
  await booth.setNumber('Seed', 1);
  await booth.setNumber('Pictures', 3);
  await booth.generate();
  await expect(booth.status).toContainText(/Drawing \d+ of 100/, { timeout: 120_000 });
  await booth.cancelButton.click();
  await expect(booth.queueChip).toHaveText('1 waiting', { timeout: 30_000 });
  await expect(booth.status).toContainText(/Drawing \d+ of 100/, { timeout: 120_000 });
  await booth.queueChip.click();
  await page.getByRole('button', { name: 'Cancel all' }).click();
  await expect(booth.status).toContainText('Cancelled', { timeout: 30_000 });
  await expect(booth.queueChip).toHaveCount(0);
  expect(await booth.historySeeds()).toEqual([]);
});

test('a picture that fails does not hold up the next, and can be tried again', async ({ page }) => {
  const lora = '**/relation-loras/fencing.safetensors';
  let breakOff = (): void => undefined;
  const asked = new Promise<void>((resolve) => {
    breakOff = resolve;
  });
  await page.route(lora, async (route) => {
    await asked;
    await route.abort();
  });
  const booth = new BoothPage(page);
  await booth.open();
  await booth.setNumber('Steps', 2);
  await booth.setNumber('Seed', 1);
  await booth.choose('Relation', 'Fencing');
  await booth.generate();
  await booth.choose('Relation', 'No RelationLoRA');
  await booth.setNumber('Seed', 2);
  await booth.generate();
  await expect(booth.queueChip).toHaveText('1 waiting');
  breakOff();
  await expect.poll(() => booth.historySeeds(), { timeout: 120_000 }).toEqual([2]);
  await expect(booth.queueChip).toHaveText('1 failed');

  await page.unroute(lora);
  await booth.queueChip.click();
  await expect(page.getByRole('dialog')).toContainText('fencing.safetensors');
  await page.getByRole('button', { name: 'Try seed 1 again' }).click();
  await expect.poll(() => booth.historySeeds(), { timeout: 120_000 }).toEqual([1, 2]);
});
