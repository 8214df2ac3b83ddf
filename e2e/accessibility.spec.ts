import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { hubRepositories } from '../tests/support/hub-model.ts';
import { startHubServer } from '../tests/support/hub-server.ts';
import { tinySegmenter } from '../tests/support/tiny-segmenter.ts';
import { BoothPage } from './pages/booth-page.ts';
import { CutOutModelPart } from './pages/cut-out-model-part.ts';
import { LibraryPage } from './pages/library-page.ts';
import { heldOutCharacter } from './support/photos.ts';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const SCHEMES = ['light', 'dark'] as const;

/**
 * Fails with rule and place of each violation, in light and dark; leaves a screenshot of both, to be looked at.
 *
 * A scheme changes colours alone, so dark is asked only about contrast.
 */
async function expectAccessible(page: Page, state: string): Promise<void> {
  const width = test.info().titlePath.at(-2) ?? '';
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    // A transition half way has colours that are nowhere in the design.
    await page.evaluate(async () => {
      await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
    });
    await page.screenshot({ path: `.cache/screenshots/${width}, ${colorScheme} - ${state}.png` });
    const axe = new AxeBuilder({ page });
    const { violations } = await (
      colorScheme === 'light' ? axe.withTags(RULES) : axe.withRules('color-contrast')
    ).analyze();
    const found = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary ?? ''}`),
    );
    expect(found, `accessibility of: ${state}, ${colorScheme}`).toEqual([]);
  }
}

const WIDTHS = [
  { name: 'wide', viewport: { width: 1440, height: 900 } },
  { name: 'narrow', viewport: { width: 390, height: 844 } },
] as const;

for (const { name, viewport } of WIDTHS) {
  test.describe(name, () => {
    test.use({ viewport, contextOptions: { reducedMotion: 'reduce' } });
    const narrow = viewport.width < 760;

    test('editing, an empty scene, and every panel', async ({ page }) => {
      const booth = new BoothPage(page);
      await booth.open();
      await expectAccessible(page, 'first visit');
      if (narrow) {
        for (const panel of ['Relation', 'Details', 'History']) {
          await page.getByRole('tab', { name: panel }).click();
          await expectAccessible(page, panel);
        }
        await page.getByRole('tab', { name: 'Objects' }).click();
      }
      await booth.phrase(1).fill('something else');
      await expectAccessible(page, 'editing, a phrase that is not in the prompt');
      await booth.removeAllObjects();
      await expectAccessible(page, 'no objects');
    });

    test('menus and dialogs', async ({ page }) => {
      const booth = new BoothPage(page);
      await booth.open();
      for (const menu of ['Project', 'Appearance and language', 'More for object 1']) {
        await page.getByRole('button', { name: menu, exact: true }).click();
        await expect(page.getByRole('menu')).toBeVisible();
        await expectAccessible(page, `menu ${menu}`);
        await page.keyboard.press('Escape');
      }
      await booth.openMachine();
      await expect(page.getByRole('button', { name: 'Clear photos' })).toBeVisible();
      await expectAccessible(page, 'about this machine');
      await page.keyboard.press('Escape');
      if (narrow) await page.getByRole('tab', { name: 'Relation' }).click();
      await page.getByRole('button', { name: 'Ideas' }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectAccessible(page, 'ideas');
      await page.keyboard.press('Escape');
      await booth.choose('Relation', 'Fencing');
      await expect(page.getByText('it is drawn with Fencing')).toBeVisible();
      await expectAccessible(page, 'a RelationLoRA that does not suit the words');
      await booth.stackLora('From an address');
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectAccessible(page, 'address of a LoRA');
      await page.keyboard.press('Escape');
      await page.getByRole('main').click({ position: { x: 5, y: 5 } });
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectAccessible(page, 'keyboard shortcuts');
    });

    test('the library, and what an install would take', async ({ page }) => {
      const hub = await startHubServer({ repositories: hubRepositories(), exposesHeaders: false });
      try {
        await new BoothPage(page).open();
        const library = new LibraryPage(page);
        await library.open();
        await expect(library.fitOf('256 × 256')).toHaveText(/^fits/);
        await expectAccessible(page, 'library');
        await library.fillSources(hub.endpoint);
        await library.check();
        const offered = library.fitOf('1024 × 1024');
        await expect(offered).toHaveCount(3);
        await offered.first().scrollIntoViewIfNeeded();
        await expectAccessible(page, 'what an install would take');
      } finally {
        await hub.close();
      }
    });

    test('finding the object of a photo, and the model that it needs', async ({ page }) => {
      const hub = await startHubServer({
        repositories: { 'owner/cut-out': tinySegmenter() },
        licence: 'apache-2.0',
      });
      const booth = new BoothPage(page);
      const model = new CutOutModelPart(page);
      await booth.open();
      await booth.setPhoto(1, heldOutCharacter(7).photo);
      await booth.photoDialog().open(1, 'Cut out the object');
      await expectAccessible(page, 'cutting out');
      await model.findButton.click();
      await expect(model.dialog).toBeVisible();
      await expectAccessible(page, 'no model that finds objects');
      await model.fillSource('owner/cut-out', hub.endpoint);
      await expectAccessible(page, 'other sources of the model');
      await model.check();
      await expect(model.install()).toBeVisible();
      await expectAccessible(page, 'offer of the model');
      hub.setFault(({ path }) =>
        path === 'onnx/model.onnx' ? { kind: 'stall', afterBytes: 1000 } : undefined,
      );
      await model.install().click();
      await expect(model.progress('owner/cut-out')).toBeVisible();
      await expect.poll(() => hub.requests.some((request) => request.startsWith('cdn'))).toBe(true);
      await expectAccessible(page, 'installing the model');
      await model.dialog.getByRole('button', { name: 'Pause owner/cut-out' }).click();
      const goOn = model.dialog.getByRole('button', { name: 'Go on with owner/cut-out' });
      await expect(goOn).toBeVisible();
      await expectAccessible(page, 'half of the model');
      hub.setFault(undefined);
      await goOn.click();
      await expect(model.remark).toHaveText(/^Found: /, { timeout: 60_000 });
      await expectAccessible(page, 'object found');
      await booth.photoDialog().press('Discard');
      await page.getByRole('button', { name: 'Library', exact: true }).click();
      await page.getByRole('region', { name: 'Finding objects' }).scrollIntoViewIfNeeded();
      await expect(page.getByRole('button', { name: 'Delete owner/cut-out' })).toBeVisible();
      await expectAccessible(page, 'library with the model that finds objects');
      await hub.close();
    });

    test('generating, waiting, result, and errors', async ({ page }) => {
      const booth = new BoothPage(page);
      await booth.open();
      if (narrow) await page.getByRole('tab', { name: 'Details' }).click();
      await booth.setNumber('Steps', 100);
      await booth.setNumber('Pictures', 2);
      await booth.generate();
      await expect(booth.status).toContainText(/Drawing \d+ of 100/, { timeout: 120_000 });
      await expectAccessible(page, 'generating');
      await booth.queueChip.click();
      await expectAccessible(page, 'queue');
      await page.getByRole('button', { name: 'Cancel all' }).click();
      await expect(booth.status).toContainText('Cancelled', { timeout: 30_000 });
      await expectAccessible(page, 'cancelled');

      await booth.setNumber('Steps', 1);
      await booth.setNumber('Pictures', 1);
      await booth.generate();
      await booth.waitForPicture();
      await expectAccessible(page, 'result');

      if (narrow) await page.getByRole('tab', { name: 'Relation' }).click();
      await booth.prompt.fill('');
      await booth.generate();
      await expect(page.getByRole('alert')).toBeVisible();
      await booth.dropOnPage({
        name: 'notes.png',
        mimeType: 'image/png',
        buffer: Buffer.from('just words'),
      });
      await expect(page.getByRole('alert')).toHaveCount(2);
      await expectAccessible(page, 'errors');
    });
  });
}

test('an engine that cannot start', async ({ page }) => {
  await page.route('**/models/toybox/pack.json', (route) => route.fulfill({ status: 500, body: 'no' }));
  await page.goto('/');
  await expect(page.getByRole('alert')).toContainText('500', { timeout: 60_000 });
  await expectAccessible(page, 'no engine');
});
