import { expect, test } from '@playwright/test';
import { BoothPage } from './pages/booth-page.ts';

test('a picture that would take very long is asked about first, and a short one is not', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.setNumber('Width', 2048);
  await booth.setNumber('Height', 2048);
  await booth.setNumber('Steps', 200);
  await booth.generateButton.click();
  const question = page.getByRole('alertdialog', { name: 'This will take long' });
  await expect(question).toContainText(/at least \d+ (minutes|hours)/);
  await question.getByRole('button', { name: 'Not now' }).click();
  await expect(question).toHaveCount(0);
  await expect(booth.cancelButton).toHaveCount(0);

  await booth.setNumber('Width', 256);
  await booth.setNumber('Height', 256);
  await booth.setNumber('Steps', 2);
  await booth.generate();
  await expect(question).toHaveCount(0);
  await booth.waitForPicture();
});
