import { expect, test } from '@playwright/test';
import { extractSettings } from '../src/shared/png-metadata.ts';
import { BoothPage } from './pages/booth-page.ts';
import { publishedLora, styleLora } from './support/lora-files.ts';
import { startSlowServer } from './support/slow-server.ts';

const METADATA = {
  'modelspec.title': 'Warm embrace',
  'modelspec.description': 'Two toys in each other’s arms',
};

test('LoRAs stack, each with its weight and its switch', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.choose('Relation', 'Hugging');
  await booth.stackLora('Fencing');
  await booth.stackLora('Carrying');
  await booth.lora('Hugging').getByRole('slider', { name: 'LoRA weight' }).fill('0.6');
  await booth.lora('Fencing').getByRole('switch').uncheck();
  await expect(booth.lora('Fencing').getByRole('slider', { name: 'LoRA weight' })).toBeDisabled();
  await booth.setNumber('Steps', 2);
  await booth.generate();
  await booth.waitForPicture();
  expect(extractSettings(await booth.downloadPng())?.relation).toEqual([
    { lora: 'hugging', weight: 0.6 },
    { lora: 'carrying', weight: 1 },
  ]);
  await expect(booth.lora('Hugging')).toContainText('ready');

  await page.getByRole('button', { name: 'Remove Carrying' }).click();
  await expect(booth.lora('Carrying')).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(booth.lora('Carrying')).toBeVisible();
});

test('the model’s own few-step LoRA comes and goes with its steps and guidance', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.choose('Relation', 'Hugging');
  const quick = page.getByRole('switch', { name: /^Quick: 4 steps/ });
  const number = (name: string) => page.getByRole('spinbutton', { name, exact: true });
  await quick.check();
  await expect(number('Steps')).toHaveValue('4');
  await expect(number('Guidance')).toHaveValue('1');
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await expect(quick).not.toBeChecked();
  await expect(number('Steps')).toHaveValue('20');
  await page.getByRole('button', { name: 'Redo', exact: true }).click();
  await expect(quick).toBeChecked();
  await booth.generate();
  await booth.waitForPicture();
  const png = await booth.downloadPng();
  expect(extractSettings(png)).toMatchObject({
    steps: 4,
    guidance: 1,
    relation: [{ lora: 'hugging' }, { lora: 'few-steps' }],
  });

  await quick.uncheck();
  await expect(number('Steps')).toHaveValue('20');
  await booth.dropOnPage({ name: 'picture.png', mimeType: 'image/png', buffer: png });
  await expect(quick).toBeChecked();
  await expect(booth.lora('Hugging')).toBeVisible();
});

test('a dropped file says what it is, is kept, and is used again after a reload', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.choose('Relation', 'No RelationLoRA');
  await booth.dropOnPage(await publishedLora('hugging', 'embrace.safetensors', METADATA));
  await expect(booth.lora('Warm embrace')).toContainText('your file');
  await expect(booth.lora('Warm embrace')).toContainText(/SHA-256 [0-9a-f]{8}/);
  await expect(booth.lora('Warm embrace')).toContainText('in each other’s arms');

  await booth.setNumber('Steps', 2);
  await page.reload();
  await booth.waitUntilReady();
  await booth.generate();
  await booth.waitForPicture();
  const relation = extractSettings(await booth.downloadPng())?.relation ?? [];
  expect(relation.map(({ lora }) => lora)).toEqual([expect.stringMatching(/^embrace-[0-9a-f]{12}$/)]);
});

test('a LoRA on other layers than cross-attention draws at once, with the steps it is made for', async ({
  page,
}) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.setNumber('Steps', 2);
  await booth.dropOnPage(await styleLora('felt_lightning_3step_lora.safetensors'));
  await expect(booth.lora('felt_lightning_3step_lora')).toContainText('your file');
  await expect(page.getByText('is made for 3 steps')).toBeVisible();
  await booth.generate();
  await booth.waitForPicture();
  expect(extractSettings(await booth.downloadPng())).toMatchObject({
    steps: 3,
    sampler: 'euler-trailing',
    guidance: 1,
  });

  await booth.dropOnPage(await styleLora('kernels.safetensors', { convolution: true }));
  await expect(page.getByRole('alert')).toContainText('Merge it when a model is installed');
  await expect(booth.lora('kernels')).toHaveCount(0);
});

test('a file is fetched from an address, and a failure leaves the stack as it was', async ({ page }) => {
  const file = await publishedLora('hugging', 'embrace.safetensors', METADATA);
  const headers = { 'access-control-allow-origin': '*' };
  await page.route('https://loras.example/**', (route) =>
    route.request().url().endsWith('/embrace.safetensors')
      ? route.fulfill({ headers, body: file.buffer })
      : route.fulfill({ headers, status: 404, body: 'no' }),
  );
  const booth = new BoothPage(page);
  await booth.open();
  await booth.fetchLora('https://loras.example/gone.safetensors');
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('alert')).toContainText('There is no file at');
  await dialog.getByRole('textbox').fill('https://loras.example/toys/embrace.safetensors');
  await dialog.getByRole('button', { name: 'Fetch' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(booth.lora('Warm embrace')).toContainText('loras.example');
  await expect(booth.lora('Hugging')).toBeVisible();
});

test('fetching shows how much has come and can be stopped; a page, a closed file and a whole model are named', async ({
  page,
}) => {
  const file = await publishedLora('hugging', 'embrace.safetensors', METADATA);
  const server = await startSlowServer(file.buffer, 100_000);
  const booth = new BoothPage(page);
  await booth.open();
  await booth.fetchLora(`${server.address}slow.safetensors`);
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('progressbar')).toHaveAttribute('max', String(file.buffer.byteLength));
  await expect(dialog).toContainText(/100 kB of \d+ kB/);
  await dialog.getByRole('button', { name: 'Stop' }).click();
  await expect(dialog.getByRole('progressbar')).toHaveCount(0);

  const answers = {
    'page.safetensors': 'leads to a web page',
    'closed.safetensors': 'is not open to everyone',
    'model.safetensors': 'larger than 1 GB',
  };
  for (const [name, message] of Object.entries(answers)) {
    await dialog.getByRole('textbox').fill(server.address + name);
    await dialog.getByRole('button', { name: 'Fetch' }).click();
    await expect(dialog.getByRole('alert')).toContainText(message);
  }
  server.goOn();
  await dialog.getByRole('textbox').fill(`${server.address}slow.safetensors`);
  await dialog.getByRole('button', { name: 'Fetch' }).click();
  await expect(booth.lora('Warm embrace')).toBeVisible();
  await server.close();
});
