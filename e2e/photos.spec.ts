import { expect, test } from '@playwright/test';
import { BoothPage } from './pages/booth-page.ts';
import { animatedGif, hugePng, objectOnPlainGround, plainPhoto } from './support/test-images.ts';

const REFUSED = [
  {
    what: 'a picture of 30000 × 30000 pixels',
    file: () => Promise.resolve(hugePng()),
    message: /“poster\.png” is 30000 × 30000 pixels; up to 50 megapixels fit/,
  },
  {
    what: 'a picture of one pixel',
    file: async () => ({ ...(await plainPhoto('png', 1, 1)), name: 'dot.png' }),
    message: /“dot\.png” is only 1 × 1 pixels: too small/,
  },
  {
    what: 'an animated GIF',
    file: () => Promise.resolve(animatedGif()),
    message: /“dance\.gif” is a GIF.*Use a JPEG, PNG, WebP or AVIF file/,
  },
  {
    what: 'a JPEG that ends in the middle',
    file: async () => {
      const { buffer } = await plainPhoto('jpeg', 64, 64);
      return { name: 'half.jpg', mimeType: 'image/jpeg', buffer: buffer.subarray(0, 160) };
    },
    message: /“half\.jpg”.*damaged or cut off|JPEG file ends/,
  },
  {
    what: 'words that call themselves a picture',
    file: () =>
      Promise.resolve({ name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('just words') }),
    message: /“notes\.png” is not a picture this app can read/,
  },
];

for (const { what, file, message } of REFUSED) {
  test(`${what} is refused by name when dropped, and nothing is lost`, async ({ page }) => {
    const booth = new BoothPage(page);
    await booth.open();
    const [prompt, before] = [await booth.prompt.inputValue(), await booth.cardPhoto(1)];
    await booth.dropOnPage(await file());
    await expect(page.getByRole('alert')).toContainText(message);
    await expect(booth.prompt).toHaveValue(prompt);
    expect((await booth.cardPhoto(1)).equals(before)).toBe(true);
    await expect(page.getByRole('button', { name: 'Undo', exact: true })).toBeDisabled();
    await expect(booth.generateButton).toBeEnabled();
  });
}

for (const type of ['jpeg', 'png', 'webp', 'avif'] as const) {
  test(`a photo in ${type.toUpperCase()} is taken`, async ({ page }) => {
    const booth = new BoothPage(page);
    await booth.open();
    const photo = await plainPhoto(type, 90, 60);
    await booth.setPhoto(1, photo);
    await expect.poll(async () => (await booth.cardPhoto(1)).equals(photo.buffer)).toBe(true);
  });
}

test('a photo goes where it is dropped or pasted', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  const [first, second, third, fourth] = await Promise.all(
    [40, 50, 60, 70].map((width) => plainPhoto('png', width, 40)),
  );
  if (first === undefined || second === undefined || third === undefined || fourth === undefined) return;
  const shows = (object: number, { buffer }: typeof first) =>
    expect.poll(async () => (await booth.cardPhoto(object)).equals(buffer)).toBe(true);

  // With nothing selected the first object has it; then the selected one, and the page says so.
  await page.keyboard.press('Escape');
  await booth.paste(first);
  await shows(1, first);
  await page.keyboard.press('2');
  await booth.paste(third);
  await shows(2, third);
  await expect(page.getByText('The photo is now object 2.')).toBeVisible();
  await shows(1, first);
  await booth.dropOnCard(2, second);
  await shows(2, second);
  await expect(page.getByText('Drop photos, a picture made here')).toBeHidden();
  await booth.setBox(1, { x: 5, y: 5, width: 30, height: 30 });
  await booth.setBox(2, { x: 60, y: 60, width: 35, height: 35 });
  await booth.dropOnBox(2, third);
  await shows(2, third);
  await shows(1, first);
  await booth.dropOnPage(fourth);
  await shows(1, fourth);

  // A file without a type, as some systems hand them over, is judged by its content.
  await booth.dropOnPage({ ...objectOnPlainGround(), mimeType: '' });
  await shows(1, objectOnPlainGround());
});

test('a photo of 48 megapixels is taken, and shown small', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.setPhoto(1, await plainPhoto('jpeg', 8000, 6000));
  await expect.poll(() => booth.cardPhotoSize(1), { timeout: 60_000 }).toEqual([1280, 960]);
});
