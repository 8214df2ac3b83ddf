import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { z } from 'zod';
import { BoothPage } from './pages/booth-page.ts';
import { startStaticHost } from './support/static-host.ts';

test.use({ serviceWorkers: 'allow' });

test('a host without headers, below a path: isolated by the service worker, and it works offline', async ({
  page,
}) => {
  const host = await startStaticHost('/toys/booth/');
  const booth = new BoothPage(page);
  await booth.open('', host.address);
  await expect.poll(() => page.evaluate(() => crossOriginIsolated)).toBe(true);
  await booth.setNumber('Steps', 2);
  await booth.setNumber('Seed', 3);
  await booth.generate();
  await booth.waitForPicture();
  const prompt = await booth.prompt.inputValue();

  await host.close();
  await page.reload();
  await booth.waitUntilReady();
  await expect(booth.prompt).toHaveValue(prompt);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await booth.setNumber('Seed', 4);
  await booth.generate();
  await expect.poll(() => booth.historySeeds(), { timeout: 120_000 }).toEqual([4, 3]);
  // What was never fetched is named, and the work stays.
  await booth.choose('Relation', 'Fencing');
  await booth.generate();
  await expect(page.getByRole('alert')).toContainText('fencing.safetensors', { timeout: 60_000 });
  await expect(booth.prompt).toHaveValue(prompt);
});

const manifestSchema = z.object({
  start_url: z.literal('./'),
  display: z.literal('standalone'),
  icons: z.array(z.object({ src: z.string(), sizes: z.string() })),
});

test('the manifest makes the app installable, with icons that are there', async ({ page, request }) => {
  await page.goto('/');
  const href = await page.locator('link[rel="manifest"]').getAttribute('href');
  const manifest = manifestSchema.parse(await (await request.get(`/${href ?? ''}`)).json());
  const sizes = manifest.icons.map((icon) => icon.sizes);
  expect(sizes).toEqual(expect.arrayContaining(['192x192', '512x512']));
  for (const { src } of manifest.icons) expect((await request.get(`/${src}`)).ok()).toBe(true);
});

test('the service worker lists every file of the build', async () => {
  const dist = path.join(import.meta.dirname, '../dist');
  const worker = await readFile(path.join(dist, 'service-worker.js'), 'utf8');
  const page = await readFile(path.join(dist, 'index.html'), 'utf8');
  const assets = [...page.matchAll(/\.\/(assets\/[^"]+)"/g)].map(([, file]) => file ?? '');
  expect(assets.length).toBeGreaterThan(1);
  for (const file of [...assets, 'index.html', 'models/toybox/pack.json']) expect(worker).toContain(file);
});
