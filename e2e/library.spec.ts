import { createHash } from 'node:crypto';
import { expect, type Page, test } from '@playwright/test';
import { installInNode } from '../tests/support/hub-install.ts';
import { goldenBytes, TINY_CHECKPOINT } from '../tests/support/golden.ts';
import { hubRepositories } from '../tests/support/hub-model.ts';
import {
  type Fault,
  type HubServer,
  type RangeRequest,
  startHubServer,
} from '../tests/support/hub-server.ts';
import { tinySingleFile } from '../tests/support/single-file.ts';
import { BoothPage } from './pages/booth-page.ts';
import { LibraryPage } from './pages/library-page.ts';
import { publishedLora } from './support/lora-files.ts';

const UNET = 'unet/diffusion_pytorch_model.safetensors';
/** Longer reads are of weights, not of a file's head. */
const HEAD_BYTES = 300_000;
let hub: HubServer;
/** Whether an answer of {@link stallIn} hangs. */
let stalled = false;
const stallIn =
  (file: string, afterBytes: number) =>
  ({ path, first, last }: RangeRequest): Fault | undefined => {
    if (!path.endsWith(file) || last - first < HEAD_BYTES) return undefined;
    stalled = true;
    return { kind: 'stall', afterBytes };
  };
test.beforeEach(async () => {
  stalled = false;
  // As the real one: other origin, signed addresses that run out, no headers to read but the standard ones.
  hub = await startHubServer({ repositories: hubRepositories(), signedUses: 3, exposesHeaders: false });
});
test.afterEach(() => hub.close());

/** SHA-256 of every file of an installed pack in this browser's private storage. */
function storedSums(page: Page, id: string): Promise<Record<string, string>> {
  return page.evaluate(async (pack) => {
    const sums: Record<string, string> = {};
    const visit = async (folder: FileSystemDirectoryHandle, prefix: string): Promise<void> => {
      for await (const [name, handle] of folder.entries()) {
        if (handle instanceof FileSystemDirectoryHandle) await visit(handle, `${prefix}${name}/`);
        if (!(handle instanceof FileSystemFileHandle)) continue;
        const bytes = await (await handle.getFile()).arrayBuffer();
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
        sums[prefix + name] = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      }
    };
    const root = await navigator.storage.getDirectory();
    await visit(await (await root.getDirectoryHandle('packs')).getDirectoryHandle(pack), '');
    return sums;
  }, id);
}

async function expectTheSameAsInNode(page: Page): Promise<void> {
  const files = await installInNode(hub.endpoint, 'My model', 'my-model');
  const sums = [...files].map(([file, bytes]) => [file, createHash('sha256').update(bytes).digest('hex')]);
  expect(await storedSums(page, 'my-model')).toEqual(Object.fromEntries(sums));
}

test('a model is installed from the hub, byte for byte as in Node, drawn with, and taken away', async ({
  page,
}) => {
  const booth = new BoothPage(page);
  await booth.open();
  const library = new LibraryPage(page);
  await library.open();
  await library.fillSources(hub.endpoint);
  await library.check();
  await expect(library.dialog.getByText(/to fetch, .* to store/).first()).toBeVisible({ timeout: 30_000 });
  await expect(library.dialog.getByText('CreativeML Open RAIL++-M', { exact: false }).first()).toBeVisible();
  await expect(library.startButton).toBeDisabled();
  await library.acceptAndStart();
  await expect(library.use('My model')).toBeVisible({ timeout: 60_000 });
  await expectTheSameAsInNode(page);

  await library.use('My model').click();
  await library.close();
  await expect(booth.generateButton).toBeEnabled({ timeout: 60_000 });
  await booth.setNumber('Steps', 2);
  await booth.generate();
  await booth.waitForPicture();

  await library.open();
  // The app's own model, though another one is open, and the one installed.
  await expect(library.fitOf('256 × 256')).toHaveText(/^fits/);
  await expect(library.fitOf('1024 × 1024')).toHaveText(/^fits/);
  await library.uninstall('My model').click();
  await expect(library.use('My model')).toBeHidden();
  expect(
    await page.evaluate(async () => {
      const packs = await (await navigator.storage.getDirectory()).getDirectoryHandle('packs');
      const names: string[] = [];
      for await (const name of packs.keys()) names.push(name);
      return names;
    }),
  ).toEqual([]);
});

test('an install whose tab is killed goes on in another one', async ({ page, context }) => {
  await new BoothPage(page).open();
  const library = new LibraryPage(page);
  await library.open();
  await library.fillSources(hub.endpoint);
  await library.check();
  hub.setFault(stallIn(UNET, 400_000));
  await library.acceptAndStart();
  await expect(library.progress('My model')).toBeVisible();
  // Everything before the U-Net is stored, the U-Net hangs.
  await expect.poll(() => stalled, { timeout: 60_000 }).toBe(true);
  await page.close();

  hub.setFault(undefined);
  const sentBefore = hub.sentBytes();
  const second = await context.newPage();
  await new BoothPage(second).open();
  const again = new LibraryPage(second);
  await again.open();
  await expect(again.dialog.getByText(/Paused at .* of/)).toBeVisible();
  await again.resume('My model').click();
  await expect(again.use('My model')).toBeVisible({ timeout: 60_000 });
  // The adapter and what else was stored is not fetched again.
  expect(hub.sentBytes() - sentBefore).toBeLessThan(2_000_000);
  await expectTheSameAsInNode(second);
});

test('an install that can be paused, is refused in a second tab, and says what a full disk is', async ({
  page,
  context,
}) => {
  await new BoothPage(page).open();
  const library = new LibraryPage(page);
  await library.open();
  await library.fillSources(hub.endpoint);
  await library.check();
  hub.setFault(stallIn(UNET, 1000));
  await library.acceptAndStart();
  await expect(library.progress('My model')).toBeVisible();
  await expect.poll(() => stalled, { timeout: 60_000 }).toBe(true);

  const second = await context.newPage();
  await new BoothPage(second).open();
  const other = new LibraryPage(second);
  await other.open();
  await other.resume('My model').click();
  await expect(other.dialog.getByRole('alert')).toContainText('another tab');
  await second.close();

  await library.pause('My model').click();
  await expect(library.resume('My model')).toBeVisible();

  // A browser that allows next to nothing: the install says so, and goes on when there is room again.
  hub.setFault(undefined);
  const devtools = await context.newCDPSession(page);
  const origin = new URL(page.url()).origin;
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 50_000 });
  await library.resume('My model').click();
  await expect(library.dialog.getByRole('alert')).toContainText('no room left', { timeout: 30_000 });
  await devtools.send('Storage.overrideQuotaForOrigin', { origin });
  await library.resume('My model').click();
  await expect(library.use('My model')).toBeVisible({ timeout: 60_000 });
  await expectTheSameAsInNode(page);
});

test('a dropped checkpoint and a dropped LoRA become one model', async ({ page }) => {
  await new BoothPage(page).open();
  const library = new LibraryPage(page);
  await library.open();
  await library.fillSources(hub.endpoint);
  await library.drop([
    { name: 'My model.safetensors', bytes: await tinySingleFile() },
    { name: 'lcm-style.safetensors', bytes: goldenBytes('merge/kohya.safetensors') },
  ]);
  const { dialog } = library;
  await expect(dialog.getByRole('textbox', { name: 'LoRAs to merge' })).toHaveValue(
    'local:lcm-style.safetensors',
  );
  await expect(dialog.getByRole('textbox', { name: 'Whole checkpoint in one file' })).toHaveValue(
    'local:My model.safetensors',
  );
  await library.check();
  await library.acceptAndStart();
  await expect(library.use('My model')).toBeVisible({ timeout: 120_000 });
  const sums = await storedSums(page, 'my-model');
  const { endpoint } = hub;
  const files = await installInNode(endpoint, 'My model', 'my-model', {
    singleFile: ['My model.safetensors', await tinySingleFile()],
    mergeLora: ['lcm-style.safetensors', goldenBytes('merge/kohya.safetensors')],
  });
  const expected = [...files].map(([file, bytes]) => [
    file,
    createHash('sha256').update(bytes).digest('hex'),
  ]);
  expect(sums).toEqual(Object.fromEntries(expected));
});

test('RelationLoRAs of a repository are listed, added, fetched again and deleted', async ({ page }) => {
  const file = await publishedLora('hugging', 'embrace.safetensors', {});
  await hub.close();
  hub = await startHubServer({
    repositories: { 'owner/loras': { 'embrace.safetensors': new Uint8Array(file.buffer) } },
    signedUses: 0,
  });
  await new BoothPage(page).open();
  const library = new LibraryPage(page);
  await library.open();
  const { dialog } = library;
  await dialog.getByText('Sources', { exact: true }).click();
  await dialog.getByRole('textbox', { name: 'Hub', exact: true }).fill(hub.endpoint);
  await dialog.getByText('More from the hub').click();
  await dialog.getByRole('textbox', { name: 'Repository' }).fill('owner/loras');
  await dialog.getByRole('button', { name: 'List its LoRAs' }).click();
  await expect(dialog.getByText('Licence: openrail++')).toBeVisible();
  await dialog.getByRole('button', { name: 'Add embrace.safetensors' }).click();
  const row = dialog.getByRole('listitem').filter({ hasText: '127.0.0.1' });
  await expect(row).toHaveCount(1);

  const other = await publishedLora('carrying', 'embrace.safetensors', {});
  hub.replace('owner/loras', 'embrace.safetensors', new Uint8Array(other.buffer));
  const before = /SHA-256 [0-9a-f]{8}/.exec((await row.textContent()) ?? '')?.[0] ?? 'no checksum';
  await expect(row).toContainText(before);
  await row.getByRole('button', { name: /^Fetch .* again$/ }).click();
  // The new file is there before the old one goes.
  await expect(row.filter({ hasText: before })).toHaveCount(0);
  await expect(row).toHaveCount(1);
  await row.getByRole('button', { name: /^Delete / }).click();
  await expect(row).toHaveCount(0);
  await page.reload();
  await library.open();
  await expect(dialog.getByText('of the open model').first()).toBeVisible({ timeout: 60_000 });
  await expect(row).toHaveCount(0);
});

test('a folder on this machine is installed like a published one', async ({ page }) => {
  await new BoothPage(page).open();
  const library = new LibraryPage(page);
  await library.open();
  await library.pickFolder(TINY_CHECKPOINT);
  await library.dialog.getByRole('button', { name: 'Show size and licence' }).click();
  await library.dialog.getByRole('radio', { name: /8 bits/ }).check();
  await library.dialog.getByRole('checkbox').check();
  await library.dialog.getByRole('button', { name: 'Install tiny' }).click();
  await expect(library.use('tiny')).toBeVisible({ timeout: 60_000 });
  await expect(library.dialog.getByText(/MB · q8/)).toBeVisible();
});
