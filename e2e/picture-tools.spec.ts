import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { decodeImage } from '../src/cli/node-images.ts';
import { extractPictureSettings } from '../src/shared/picture-metadata.ts';
import { BoothPage } from './pages/booth-page.ts';
import { objectOnPlainGround, rotatedPhoto } from './support/test-images.ts';

test('the viewer zooms, moves and compares with the picture before', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.setNumber('Steps', 2);
  await booth.setNumber('Seed', 1);
  await booth.generate();
  await booth.waitForPicture();

  const viewer = booth.viewer();
  await viewer.open();
  await expect(viewer.picture).toBeVisible();
  await expect(viewer.compareButton).toBeDisabled();
  const fitted = await viewer.percent();
  await viewer.press('Zoom in');
  // The fitted percentage is shown rounded, so that 1.25 times it is known to 0.63.
  await expect.poll(async () => Math.abs((await viewer.percent()) - fitted * 1.25)).toBeLessThan(1.13);
  await viewer.press('Pixel by pixel, 100 %');
  await expect(viewer.zoom).toHaveText('Zoom 100 %');
  await page.keyboard.press('0');
  await expect(viewer.zoom).toHaveText(`Zoom ${fitted} %`);

  const room = await viewer.bounds(viewer.viewport);
  await page.mouse.move(room.x + room.width / 2, room.y + room.height / 2);
  await page.mouse.wheel(0, -600);
  await expect.poll(() => viewer.percent()).toBeGreaterThan(fitted * 2);
  const before = await viewer.bounds(viewer.picture);
  await viewer.drag(viewer.viewport, 40, -30);
  const after = await viewer.bounds(viewer.picture);
  expect(after.x - before.x).toBeCloseTo(40, 0);
  expect(after.y - before.y).toBeCloseTo(-30, 0);
  await viewer.viewport.press('ArrowRight');
  expect((await viewer.bounds(viewer.picture)).x).toBeLessThan(after.x);
  await viewer.press('Fit');
  await viewer.pinchOpen();
  await expect.poll(async () => (await viewer.percent()) / fitted).toBeCloseTo(2, 1);
  await page.keyboard.press('Escape');
  await expect(viewer.region).toBeHidden();
  await expect(page.getByRole('region', { name: 'Box editor' })).toBeVisible();

  await booth.setNumber('Seed', 2);
  await booth.generate();
  await booth.waitForPicture();
  await viewer.open();
  await viewer.compareButton.click();
  await expect(viewer.earlier).toBeVisible();
  await expect(viewer.region).toContainText('Seed 1');
  await expect(viewer.divider).toHaveAttribute('aria-valuenow', '50');
  await viewer.divider.press('ArrowLeft');
  await viewer.divider.press('Shift+ArrowLeft');
  await expect(viewer.divider).toHaveAttribute('aria-valuenow', '39');
  await viewer.divider.press('End');
  await expect(viewer.divider).toHaveAttribute('aria-valuenow', '100');
  await viewer.drag(viewer.divider, -room.height / 2, 0);
  await expect.poll(async () => Number(await viewer.divider.getAttribute('aria-valuenow'))).toBeLessThan(70);

  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
});

test('JPEG and WebP carry the settings, and bring them back when dropped', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.setNumber('Steps', 2);
  await booth.setNumber('Seed', 5);
  const prompt = await booth.prompt.inputValue();
  await booth.generate();
  await booth.waitForPicture();
  for (const [format, extension] of [
    ['JPEG', 'jpg'],
    ['WebP', 'webp'],
  ] as const) {
    const { name, bytes } = await booth.downloadAs(format);
    expect(name).toMatch(new RegExp(`^relationbooth-.*-5\\.${extension}$`));
    expect(extractPictureSettings(bytes)).toMatchObject({ prompt, seed: 5, steps: 2 });

    await booth.prompt.fill('something else');
    await booth.setNumber('Seed', 99);
    await booth.dropOnPage({ name, mimeType: `image/${format.toLowerCase()}`, buffer: bytes });
    await expect(booth.prompt).toHaveValue(prompt);
    await expect(page.getByRole('spinbutton', { name: 'Seed', exact: true })).toHaveValue('5');
    await expect(booth.result).toBeVisible();
  }
});

/** Width, height, and the RGBA of some pixels of the photo on an object's card. */
async function cardPixels(booth: BoothPage, object: number, places: readonly (readonly [number, number])[]) {
  const { width, height, data } = await decodeImage(await booth.cardPhoto(object), 'photo');
  const at = ([x, y]: readonly [number, number]) => [
    ...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4),
  ];
  return { size: [width, height], pixels: places.map(at) };
}

test('a rotated photo is cropped as it is seen, and the crop can be taken back and changed', async ({
  page,
}) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.setPhoto(1, rotatedPhoto());
  await expect.poll(async () => (await cardPixels(booth, 1, [])).size).toEqual([80, 120]);

  const photo = booth.photoDialog();
  await photo.open(1, 'Crop the photo');
  await photo.choose('Square');
  await photo.frame.focus();
  // A square of 80 in 120 rows leaves 40 rows: up to the top, far beyond it.
  for (let press = 0; press < 3; press += 1) await page.keyboard.press('Shift+ArrowUp');
  await expect(photo.frame).toHaveAccessibleName(
    'Crop: 0 % from the left, 0 % from the top, 100 % wide, 67 % high',
  );
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
  await photo.done();
  await expect.poll(async () => (await cardPixels(booth, 1, [])).size).toEqual([80, 80]);
  const { pixels } = await cardPixels(booth, 1, [
    [40, 10],
    [40, 75],
  ]);
  expect(pixels[0]?.[0]).toBeGreaterThan(150);
  expect(pixels[1]?.[2]).toBeGreaterThan(150);

  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect.poll(async () => (await cardPixels(booth, 1, [])).size).toEqual([80, 120]);
  await page.getByRole('button', { name: 'Redo', exact: true }).click();
  await expect.poll(async () => (await cardPixels(booth, 1, [])).size).toEqual([80, 80]);

  await photo.open(1, 'Crop the photo');
  await expect(photo.frame).toHaveAccessibleName(/0 % from the top, 100 % wide, 67 % high/);
  await photo.press('All of the photo');
  await photo.undoButton.click();
  await expect(photo.frame).toHaveAccessibleName(/67 % high/);
  await photo.press('All of the photo');
  await photo.done();
  await expect.poll(async () => (await cardPixels(booth, 1, [])).size).toEqual([80, 120]);
});

test('an object is cut out by colour and by brush, and its picture brings the cut-out back', async ({
  page,
}) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.setPhoto(1, objectOnPlainGround());
  const photo = booth.photoDialog();
  await photo.open(1, 'Cut out the object');
  await photo.press('Remove plain background');
  await expect(photo.undoButton).toBeEnabled();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);
  await photo.done();
  const places = [
    [5, 5],
    [100, 60],
    [100, 112],
  ] as const;
  const alphas = async () => (await cardPixels(booth, 1, places)).pixels.map((pixel) => pixel[3]);
  await expect.poll(alphas).toEqual([0, 255, 0]);

  // Brought back with the mouse at the top left, removed with the keyboard in the middle.
  await photo.open(1, 'Cut out the object');
  await photo.choose('Bring back');
  const bounds = await photo.stage.boundingBox();
  if (bounds === null) throw new Error('The stage is not on the page.');
  await page.mouse.move(bounds.x + 2, bounds.y + 2);
  await page.mouse.down();
  await page.mouse.move(bounds.x + bounds.width * 0.1, bounds.y + bounds.height * 0.1, { steps: 6 });
  await page.mouse.up();
  await photo.choose('Remove');
  await photo.stage.focus();
  for (let press = 0; press < 4; press += 1) await page.keyboard.press('Shift+ArrowRight');
  for (let press = 0; press < 4; press += 1) await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Space');
  await photo.done();
  await expect.poll(alphas).toEqual([255, 0, 0]);

  await booth.setNumber('Steps', 2);
  await booth.generate();
  await booth.waitForPicture();
  const png = await booth.downloadPng();
  await booth.setPhoto(1, rotatedPhoto());
  await expect.poll(async () => (await cardPixels(booth, 1, [])).size).toEqual([80, 120]);
  await booth.dropOnPage({ name: 'picture.png', mimeType: 'image/png', buffer: png });
  await expect.poll(alphas).toEqual([255, 0, 0]);
  await page.getByRole('button', { name: 'More for object 1' }).click();
  await page.getByRole('menuitem', { name: 'Back to the original photo' }).click();
  await expect.poll(alphas).toEqual([255, 255, 255]);
});
