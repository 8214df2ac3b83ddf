import { expect, type Page, test } from '@playwright/test';
import { z } from 'zod';
import { extractSettings } from '../src/shared/png-metadata.ts';
import { RELATIONS } from '../src/scenes/relations/index.ts';
import { BoothPage } from './pages/booth-page.ts';

const relation = (booth: BoothPage) => booth.select('Relation');

/** The example's prompt with another predicate. */
async function promptWith(booth: BoothPage, predicate: string): Promise<string> {
  const [first, second] = [await booth.phrase(1).inputValue(), await booth.phrase(2).inputValue()];
  return `a ${first} ${predicate} a ${second}`;
}

/** The shipped model knows every relation: here it lacks one. */
async function withoutLora(page: Page, id: string): Promise<void> {
  await page.route('**/models/toybox/pack.json', async (route) => {
    const response = await route.fetch();
    const manifest = z.looseObject({ relationLoras: z.array(z.looseObject({ id: z.string() })) });
    const pack = manifest.parse(await response.json());
    const relationLoras = pack.relationLoras.filter((lora) => lora.id !== id);
    await route.fulfill({ response, json: { ...pack, relationLoras } });
  });
}

test('the RelationLoRA follows the prompt by itself, boxes and file name with it', async ({ page }) => {
  await withoutLora(page, 'kissing');
  const booth = new BoothPage(page);
  await booth.open();
  await expect(relation(booth)).toHaveValue('hugging');
  const huggingBoxes = await booth.boxValues(2);
  await booth.setNumber('Steps', 2);
  await booth.setNumber('Seed', 5);
  // At once, before anything had time to read the words.
  await booth.prompt.fill(await promptWith(booth, 'is carrying'));
  await booth.generate();
  await expect(page.getByText('The prompt says carrying')).toBeVisible();
  await booth.waitForPicture();
  await expect(booth.lora('Hugging')).toHaveCount(0);
  expect(await booth.boxValues(2)).not.toEqual(huggingBoxes);
  const { name, bytes } = await booth.downloadPngFile();
  expect(name).toBe('relationbooth-carrying-5.png');
  expect(extractSettings(bytes)?.relation).toEqual([{ lora: 'carrying', weight: 1 }]);

  // A relation that no RelationLoRA knows is drawn by words alone, and so is a prompt without any.
  await booth.prompt.fill(await promptWith(booth, 'is kissing'));
  await expect(relation(booth)).toHaveValue('');
  await booth.prompt.fill(await promptWith(booth, 'is fencing with'));
  await expect(relation(booth)).toHaveValue('fencing');
  await booth.prompt.fill(await promptWith(booth, 'and'));
  await booth.generate();
  await expect(relation(booth)).toHaveValue('');
});

test('who takes the change back has it stay, with a hint beside Generate', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await booth.prompt.fill(await promptWith(booth, 'is carrying'));
  await expect(relation(booth)).toHaveValue('carrying');
  await page.getByRole('button', { name: 'Undo', exact: true }).last().click();
  await expect(relation(booth)).toHaveValue('hugging');
  await expect(page.getByText('The prompt says carrying; it is drawn with Hugging.')).toBeVisible();
  await booth.prompt.press('End');
  await page.keyboard.type(' at home');
  await expect(page.getByText('The prompt says carrying; it is drawn with Hugging.')).toBeVisible();
  await expect(relation(booth)).toHaveValue('hugging');
});

test('a RelationLoRA chosen by hand stays, and one press switches', async ({ page }) => {
  await withoutLora(page, 'kissing');
  const booth = new BoothPage(page);
  await booth.open();
  await booth.choose('Relation', 'Fencing');
  const follows = page.getByRole('switch', { name: 'Follow the prompt' });
  await expect(follows).not.toBeChecked();
  await expect(page.getByText('The prompt says hugging; it is drawn with Fencing.')).toBeVisible();
  await booth.prompt.fill(await promptWith(booth, 'is kissing'));
  await expect(page.getByText('The prompt says kissing; it is drawn with Fencing.')).toBeVisible();
  await page.getByRole('button', { name: 'Draw by words alone' }).click();
  await expect(relation(booth)).toHaveValue('');
  await expect(follows).toBeChecked();

  await booth.choose('Relation', 'Fencing');
  await booth.prompt.fill(await promptWith(booth, 'is carrying'));
  await page.getByRole('button', { name: 'Switch to Carrying' }).click();
  await expect(relation(booth)).toHaveValue('carrying');
  await expect(page.getByText(/it is drawn with/)).toHaveCount(0);
});

test('a proposal of boxes is drawn over the boxes, never over a picture', async ({ page }) => {
  const booth = new BoothPage(page);
  await booth.open();
  await page.getByRole('switch', { name: 'Follow the prompt' }).uncheck();
  await booth.setNumber('Steps', 1);
  await booth.generate();
  await booth.waitForPicture();
  await booth.prompt.fill(await promptWith(booth, 'is carrying'));
  await expect(page.getByText('Carrying is in the prompt.')).toBeVisible();
  await expect(booth.proposedBoxes).toHaveCount(0);
  await page.getByRole('slider', { name: 'Boxes or picture' }).fill('0');
  await expect(booth.proposedBoxes).toHaveCount(2);
});

test('every relation brings its words and its boxes, as one step', async ({ page }) => {
  test.slow();
  const booth = new BoothPage(page);
  await booth.open();
  const before = await booth.prompt.inputValue();
  const tryAll = async (kind: 'pair' | 'single') => {
    for (const { label, boxes, wordings } of RELATIONS.filter((one) => one.kind === kind)) {
      await booth.startFrom(label);
      await expect(booth.prompt, label).toHaveValue(new RegExp(wordings[0]?.predicate ?? 'no words'));
      for (const [index, [x0, y0, x1, y1]] of boxes.entries()) {
        const found = (await booth.boxValues(index + 1)).map(Number);
        const wanted = [x0, y0, x1 - x0, y1 - y0].map((side) => Math.round(side * 1000) / 10);
        expect(found, label).toEqual(wanted);
      }
      await page.getByRole('button', { name: 'Undo', exact: true }).first().click();
      await expect(booth.prompt, label).toHaveValue(before);
    }
  };
  await tryAll('pair');
  await page.getByRole('button', { name: 'Remove object 2' }).click();
  await tryAll('single');
});
