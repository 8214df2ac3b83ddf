import { readPngText } from '../src/shared/png-text.ts';
import { extractSettings } from '../src/shared/png-metadata.ts';
import { expect, test } from '@playwright/test';
import { BoothPage } from './pages/booth-page.ts';
import { heldOutCharacter, pixelsOf } from './support/photos.ts';

/** Enough to see that everything works; the picture's quality is judged elsewhere. */
const STEPS = 4;

test('two photos, boxes, a relation: a picture with its settings inside, the same again from them', async ({
  page,
}) => {
  const booth = new BoothPage(page);
  await booth.open();
  const [first, second] = [heldOutCharacter(101), heldOutCharacter(202)];
  await booth.setPhoto(1, first.photo);
  await booth.setPhoto(2, second.photo);
  await booth.phrase(1).fill(first.phrase);
  await booth.phrase(2).fill(second.phrase);
  const prompt = `a ${first.phrase} is hugging a ${second.phrase} in front of the mountain`;
  await booth.prompt.fill(prompt);
  await booth.choose('Relation', 'Hugging');
  await booth.setBox(1, { x: 15, y: 25, width: 40, height: 65 });
  await booth.setBox(2, { x: 45, y: 25, width: 40, height: 65 });
  await booth.setNumber('Steps', STEPS);
  await booth.setNumber('Seed', 7);

  await booth.generate();
  await expect(booth.status).toContainText(/Drawing \d of 4/, { timeout: 120_000 });
  await booth.waitForPicture();
  const png = await booth.downloadPng();

  const request = extractSettings(png);
  expect(request?.prompt).toBe(prompt);
  expect(request).toMatchObject({ seed: 7, steps: STEPS, pack: 'toybox', relation: [{ lora: 'hugging' }] });
  expect(request?.objects.map(({ phrase }) => phrase)).toEqual([first.phrase, second.phrase]);
  expect(request?.objects[0]?.box).toEqual([0.15, 0.25, 0.55, 0.9]);
  const texts = readPngText(png);
  expect(texts.find(({ keyword }) => keyword === 'parameters')?.text).toContain(`Steps: ${STEPS}`);
  expect(texts.find(({ keyword }) => keyword === 'XML:com.adobe.xmp')?.text).toContain(
    'trainedAlgorithmicMedia',
  );

  // Other settings, then the picture dropped back: everything returns, and so do the pixels.
  await booth.prompt.fill('something else');
  await booth.setNumber('Seed', 99);
  await booth.dropOnPage({ name: 'picture.png', mimeType: 'image/png', buffer: png });
  await expect(booth.prompt).toHaveValue(prompt);
  await expect(page.getByRole('spinbutton', { name: 'Seed', exact: true })).toHaveValue('7');
  await booth.generate();
  await expect(booth.status).toContainText(/Drawing \d of 4/, { timeout: 120_000 });
  await booth.waitForPicture();
  expect((await pixelsOf(await booth.downloadPng())).equals(await pixelsOf(png))).toBe(true);
});

test('boxes by mouse and by keyboard', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.setBox(1, { x: 10, y: 20, width: 30, height: 40 });
  const frame = booth.frame(1);
  await frame.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Alt+ArrowRight');
  const field = (name: string) => booth.box(1).getByRole('spinbutton', { name, exact: true });
  await expect(field('x')).toHaveValue('11');
  await expect(field('y')).toHaveValue('30');
  await expect(field('width')).toHaveValue('31');

  const bounds = await frame.boundingBox();
  if (bounds === null) throw new Error('The box is not on the page.');
  await page.mouse.move(bounds.x + bounds.width / 2, bounds.y + bounds.height / 2);
  await page.mouse.down();
  await page.mouse.move(bounds.x + bounds.width / 2 + 60, bounds.y + bounds.height / 2, { steps: 4 });
  await page.mouse.up();
  await expect(field('x')).not.toHaveValue('11');
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(field('x')).toHaveValue('11');
});

test('cancel answers within a step and keeps the settings', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.setNumber('Steps', 100);
  await booth.generate();
  await expect(booth.status).toContainText(/Drawing \d+ of 100/, { timeout: 120_000 });
  await booth.cancelButton.click();
  await expect(booth.status).toContainText('Cancelled', { timeout: 20_000 });
  await expect(booth.generateButton).toBeEnabled();
  await expect(page.getByRole('spinbutton', { name: 'Steps', exact: true })).toHaveValue('100');
});
