import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { decodeImage } from '../src/cli/node-images.ts';
import { type HubServer, startHubServer } from '../tests/support/hub-server.ts';
import { tinySegmenter } from '../tests/support/tiny-segmenter.ts';
import { BoothPage } from './pages/booth-page.ts';
import { CutOutModelPart } from './pages/cut-out-model-part.ts';
import { LibraryPage } from './pages/library-page.ts';
import { type PhotoDialogPart } from './pages/photo-dialog-part.ts';
import { objectOnPlainGround } from './support/test-images.ts';

const WEIGHTS = 'onnx/model.onnx';
const REPOSITORY = 'owner/cut-out';
let hub: HubServer;
test.beforeEach(async () => {
  const ofText = Object.entries(tinySegmenter()).filter(([file]) => file !== 'preprocessor_config.json');
  hub = await startHubServer({
    repositories: {
      [REPOSITORY]: tinySegmenter(),
      'owner/two-masks': tinySegmenter(2),
      'owner/text': Object.fromEntries(ofText),
    },
    licence: 'apache-2.0',
    // As the real one: other origin, signed addresses that run out, no headers to read but the standard ones.
    signedUses: 3,
    exposesHeaders: false,
  });
});
test.afterEach(() => hub.close());

interface Opened {
  readonly booth: BoothPage;
  readonly photo: PhotoDialogPart;
  readonly model: CutOutModelPart;
}

/** The cut-out tool over a photo of a red square, 15 % of it, on a plain ground. */
async function openTool(page: Page): Promise<Opened> {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.setPhoto(1, objectOnPlainGround());
  const photo = booth.photoDialog();
  await photo.open(1, 'Cut out the object');
  return { booth, photo, model: new CutOutModelPart(page) };
}

async function installFrom(model: CutOutModelPart, repository: string): Promise<void> {
  await model.findButton.click();
  await model.fillSource(repository, hub.endpoint);
  await model.check();
  await model.install().click();
}

/** Alpha of the ground, of the object's middle, and of the ground below it. */
async function alphas(booth: BoothPage): Promise<readonly (number | undefined)[]> {
  const { width, data } = await decodeImage(await booth.cardPhoto(1), 'photo');
  return [
    [5, 5],
    [100, 60],
    [100, 112],
  ].map(([x = 0, y = 0]) => data[4 * (y * width + x) + 3]);
}

test('an object is found with a model that is installed first, and what was found can be taken back', async ({
  page,
  context,
}) => {
  const elsewhere: string[] = [];
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && !['localhost', '127.0.0.1'].includes(hostname)) {
      elsewhere.push(request.url());
    }
  });
  const { booth, photo, model } = await openTool(page);
  await model.findButton.click();
  await expect(model.dialog).toContainText('no photo leaves it');
  // Nothing is asked of anybody before the person does.
  expect(hub.requests).toEqual([]);
  await model.fillSource(REPOSITORY, hub.endpoint);
  // The page's and the tool's keys are not for the dialog's fields.
  await page.keyboard.press('Control+Enter');
  await expect(model.dialog).toBeVisible();
  await model.check();
  await expect(model.dialog.getByRole('link', { name: 'apache-2.0' })).toBeVisible();
  await expect(model.dialog.getByRole('checkbox')).toHaveCount(0);
  expect(hub.requests.filter((request) => request.includes('.onnx'))).toEqual([]);
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  // It can be stopped on its way and goes on.
  hub.setFault(({ path }) => (path === WEIGHTS ? { kind: 'stall', afterBytes: 1000 } : undefined));
  await model.install().click();
  await expect(model.progress(REPOSITORY)).toBeVisible();
  await expect.poll(() => hub.requests.some((request) => request.startsWith('cdn'))).toBe(true);
  await model.dialog.getByRole('button', { name: `Pause ${REPOSITORY}` }).click();
  hub.setFault(undefined);
  await model.dialog.getByRole('button', { name: `Go on with ${REPOSITORY}` }).click();

  // What was asked for at the start follows by itself.
  await expect(model.dialog).toBeHidden({ timeout: 60_000 });
  await expect(model.remark).toHaveText(/^Found: 1[3-7] % of the photo is kept/, { timeout: 60_000 });
  await expect(photo.undoButton).toBeEnabled();
  await photo.undoButton.click();
  await expect(photo.undoButton).toBeDisabled();
  await photo.press('Do again');
  await photo.done();
  await expect.poll(() => alphas(booth)).toEqual([0, 255, 0]);
  expect(elsewhere).toEqual([]);

  // Another visit finds it without asking anybody, and only in what the crop leaves.
  const asked = hub.requests.length;
  await page.reload();
  await photo.open(1, 'Cut out the object');
  await photo.press('Keep everything');
  await model.findButton.click();
  await expect(model.remark).toHaveText(/^Found: /, { timeout: 60_000 });
  expect(hub.requests.length).toBe(asked);
  await photo.press('Discard');

  const library = new LibraryPage(page);
  await library.open();
  const row = library.dialog.getByRole('region', { name: 'Finding objects' });
  await expect(row).toContainText(/owner\/cut-out.*kB · fp32 · apache-2\.0/);
  await row.getByRole('button', { name: `Delete ${REPOSITORY}` }).click();
  await expect(row.getByText('Install one')).toBeVisible();
  expect(
    await page.evaluate(async () => {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('cut-out-models');
      const names: string[] = [];
      for await (const name of folder.keys()) names.push(name);
      return names;
    }),
  ).toEqual([]);
});

test('only what the crop leaves is looked at', async ({ page }) => {
  const { booth, photo, model } = await openTool(page);
  await photo.dialog.getByRole('tab', { name: 'Crop', exact: true }).click();
  await photo.frame.focus();
  // The right half of the photo: half of the square, a quarter less of everything.
  for (let press = 0; press < 5; press += 1) await page.keyboard.press('Alt+Shift+ArrowLeft');
  for (let press = 0; press < 5; press += 1) await page.keyboard.press('Shift+ArrowRight');
  await photo.dialog.getByRole('tab', { name: 'Cut out', exact: true }).click();
  await installFrom(model, REPOSITORY);
  await expect(model.remark).toHaveText(/^Found: 1[2-8] % of the photo is kept/, { timeout: 60_000 });
  await photo.done();
  await expect.poll(async () => (await decodeImage(await booth.cardPhoto(1), 'photo')).width).toBe(100);
  const { width, data } = await decodeImage(await booth.cardPhoto(1), 'photo');
  const alphaAt = (x: number, y: number) => data[4 * (y * width + x) + 3];
  expect([alphaAt(10, 60), alphaAt(60, 60), alphaAt(10, 10)]).toEqual([255, 0, 0]);
});

test('the work in the tool outlives a worker that dies and a model that is no such model', async ({
  page,
}) => {
  const { photo, model } = await openTool(page);
  await photo.press('Remove plain background');
  await expect(photo.undoButton).toBeEnabled();

  // The runtime never comes, and the worker that waits for it is killed.
  await page.route('**/*.wasm', () => undefined);
  await installFrom(model, REPOSITORY);
  await expect(model.remark).toHaveText('Loading the model', { timeout: 60_000 });
  // The page waits for the lock that the worker holds as long as it lives.
  const isWatched = () =>
    page.evaluate(async () => {
      const { pending = [] } = await navigator.locks.query();
      return pending.some(({ name }) => name?.startsWith('segment '));
    });
  await expect.poll(isWatched).toBe(true);
  const worker = page.workers().find((one) => one.url().includes('segment-worker'));
  await worker?.evaluate(() => {
    self.close();
  });
  await expect(model.alert).toContainText('The mask is as it was');
  await expect(photo.undoButton).toBeEnabled();
  await page.unroute('**/*.wasm');
  await photo.press('Try again');
  await expect(model.remark).toHaveText(/^Found: /, { timeout: 60_000 });
  await photo.undoButton.click();
  await expect(photo.undoButton).toBeEnabled();
  await photo.press('Discard');

  const library = new LibraryPage(page);
  await library.open();
  await library.dialog.getByRole('button', { name: `Delete ${REPOSITORY}` }).click();
  await expect(library.dialog.getByText('Install one')).toBeVisible();
  await library.close();
  await photo.open(1, 'Cut out the object');
  await photo.press('Remove plain background');
  await installFrom(model, 'owner/two-masks');
  await expect(model.alert).toContainText(/channels.*install another one/, { timeout: 60_000 });
  await expect(photo.undoButton).toBeEnabled();
});

test('another kind of model and a damaged download are refused with the reason', async ({ page }) => {
  const { photo, model } = await openTool(page);
  await model.findButton.click();
  await model.fillSource('owner/text', hub.endpoint);
  await model.check();
  const alert = model.dialog.getByRole('alert');
  await expect(alert).toContainText('it takes no pictures');
  const source = model.dialog.getByRole('textbox', { name: 'Model' });
  await source.fill('no source at all');
  await model.check();
  await expect(alert).toContainText('This is no source');
  await source.fill('owner/missing');
  await model.check();
  await expect(alert).toContainText('no repository');

  await source.fill(REPOSITORY);
  await model.check();
  hub.setFault(({ path }) => (path === WEIGHTS ? { kind: 'flip', at: 5000 } : undefined));
  await model.install().click();
  await expect(alert).toContainText('not what its publisher lists', { timeout: 60_000 });
  hub.setFault(undefined);
  await model.dialog.getByRole('button', { name: `Discard ${REPOSITORY}` }).click();
  await expect(source).toBeVisible();
  await expect(alert).toBeHidden();
  await page.keyboard.press('Escape');
  await expect(model.dialog).toBeHidden();
  await expect(photo.stage).toBeVisible();
  await expect(model.findButton).toBeFocused();
});

test('a model comes from files on this machine, whose licence only the person can know', async ({ page }) => {
  const { model } = await openTool(page);
  await model.findButton.click();
  await model.dialog.getByText('Other sources').click();
  const files = Object.entries(tinySegmenter()).map(([file, bytes]) => ({
    name: file.split('/').at(-1) ?? file,
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(bytes),
  }));
  await model.dialog.getByLabel('Its files on this machine').setInputFiles(files);
  await expect(model.dialog).toContainText('Licence: none stated');
  await expect(model.install()).toBeDisabled();
  await model.dialog.getByRole('checkbox').check();
  await model.install().click();
  await expect(model.remark).toHaveText(/^Found: /, { timeout: 60_000 });
});
