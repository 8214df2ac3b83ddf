import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { encodeSafetensors } from '../src/weights/safetensors.ts';
import { BoothPage } from './pages/booth-page.ts';
import { startStaticHost } from './support/static-host.ts';

test('a text file named .png is refused by name, and nothing is lost', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  const prompt = await booth.prompt.inputValue();
  await booth.setPhoto(1, { name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('just words') });
  await expect(page.getByRole('alert')).toContainText('notes.png');
  await expect(booth.prompt).toHaveValue(prompt);
  await expect(booth.generateButton).toBeEnabled();
});

test('an empty prompt says what to do', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.prompt.fill('');
  await expect(booth.status).toContainText('Write a prompt first');
  await booth.generate();
  await expect(page.getByRole('alert')).toContainText('The prompt is empty. Describe the scene');
  await booth.prompt.fill('a bear');
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a phrase that is not in the prompt says so, and one press puts it there', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.phrase(1).fill('tin robot');
  const missing = page.getByRole('button', { name: /tin robot.*not in the prompt/ });
  await expect(missing).toBeVisible();
  await missing.click();
  await expect(booth.prompt).toHaveValue(/^a tin robot and /);
  await expect(missing).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(missing).toBeVisible();
});

test('a box cannot leave the canvas: by numbers, keys, mouse, or a file', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  const inside = async () => {
    const [x = NaN, y = NaN, width = NaN, height = NaN] = (await booth.boxValues(1)).map(Number);
    return x >= 0 && y >= 0 && x + width <= 100.05 && y + height <= 100.05 && width > 0 && height > 0;
  };
  await booth.setBox(1, { x: 150, y: -40, width: 400, height: 0 });
  expect(await inside()).toBe(true);
  await booth.setBox(1, { x: 30, y: 30, width: 30, height: 30 });
  await booth.frame(1).focus();
  for (let press = 0; press < 12; press += 1) await page.keyboard.press('Shift+ArrowRight');
  for (let press = 0; press < 12; press += 1) await page.keyboard.press('Shift+Alt+ArrowDown');
  expect(await inside()).toBe(true);
  const { x, y } = (await booth.frame(1).boundingBox()) ?? { x: 0, y: 0 };
  await page.mouse.move(x + 40, y + 60);
  await page.mouse.down();
  await page.mouse.move(x + 2000, y - 900, { steps: 3 });
  await page.mouse.up();
  expect(await inside()).toBe(true);

  const prompt = await booth.prompt.inputValue();
  const before = await booth.boxValues(1);
  const download = page.waitForEvent('download');
  await booth.chooseInMenu('Project', 'Save project');
  const files = unzipSync(await readFile(await (await download).path()));
  const text = strFromU8(files['project.json'] ?? new Uint8Array());
  files['project.json'] = strToU8(text.replace(/"box":\[[^\]]*\]/, '"box":[0.5,0.5,1.7,1]'));
  await booth.dropOnPage({
    name: 'outside.relation.zip',
    mimeType: 'application/zip',
    buffer: Buffer.from(zipSync(files)),
  });
  await expect(page.getByRole('alert')).toContainText('outside.relation.zip');
  await expect(booth.prompt).toHaveValue(prompt);
  expect(await booth.boxValues(1)).toEqual(before);
});

test('without WebGPU and without shared memory pictures are made on one thread, and the page says why', async ({
  page,
}) => {
  // A browser that never had it, in page and worker; and a host that cannot isolate the page.
  await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'gpu'));
  await page.route('**/assets/engine-worker-*.js', async (route) => {
    const script = await (await route.fetch()).text();
    await route.fulfill({
      contentType: 'text/javascript',
      body: `delete WorkerNavigator.prototype.gpu;\n${script}`,
    });
  });
  const host = await startStaticHost('/');
  const booth = new BoothPage(page);
  await booth.open('', host.address);
  expect(await page.evaluate(() => Reflect.has(window, 'SharedArrayBuffer'))).toBe(false);
  await booth.setNumber('Steps', 1);
  await booth.generate();
  await booth.waitForPicture();
  await booth.openMachine();
  const machine = page.getByRole('dialog');
  await expect(machine).toContainText('1 thread');
  await expect(machine).toContainText('This browser has no WebGPU');
  await expect(machine).toContainText('served without the headers that isolate it');
  await host.close();
});

test('a LoRA of another model is refused and the chosen one stays', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  const relation = page.getByRole('combobox', { name: 'Relation', exact: true });
  const before = await relation.inputValue();
  const path = 'unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_q.lora';
  const lora = encodeSafetensors(
    new Map([
      [`${path}.down.weight`, { shape: [4, 640], data: new Float32Array(4 * 640).fill(0.01) }],
      [`${path}.up.weight`, { shape: [640, 4], data: new Float32Array(4 * 640).fill(0.01) }],
    ]),
  );
  await booth.dropOnPage({
    name: 'other-model.safetensors',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(lora),
  });
  await expect(page.getByRole('alert')).toContainText('640');
  await expect(relation).toHaveValue(before);
});

test('a broken pack is named as such and can be retried', async ({ page }) => {
  await page.route('**/models/toybox/pack.json', (route) =>
    route.fulfill({ contentType: 'application/json', body: '{"format":"relationbooth-pack","version":99}' }),
  );
  await page.goto('/');
  await expect(page.getByRole('alert')).toContainText('version 99', { timeout: 60_000 });
});
