import { expect, test } from '@playwright/test';
import { encodeSafetensors } from '../src/weights/safetensors.ts';
import { BoothPage } from './pages/booth-page.ts';

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
