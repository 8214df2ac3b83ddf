import { readFile } from 'node:fs/promises';
import { expect, type JSHandle, type Locator, type Page } from '@playwright/test';
import type { PhotoFile } from '../support/photos.ts';
import { PhotoDialogPart } from './photo-dialog-part.ts';
import { PictureViewerPart } from './picture-viewer-part.ts';

type NumberName = 'Steps' | 'Pictures' | 'Seed' | 'Width' | 'Height' | 'Guidance';

/** The app as a person meets it: roles and accessible names only. */
export class BoothPage {
  readonly generateButton: Locator;
  readonly cancelButton: Locator;
  readonly downloadButton: Locator;
  readonly status: Locator;
  readonly result: Locator;
  readonly prompt: Locator;
  /** Where a relation found in the prompt would have the boxes; only to be seen. */
  readonly proposedBoxes: Locator;
  /** Opens the list of waiting pictures; there while one waits or has failed. */
  readonly queueChip: Locator;

  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.generateButton = page.getByRole('button', { name: 'Generate', exact: true });
    this.cancelButton = page.getByRole('button', { name: 'Cancel', exact: true });
    this.downloadButton = page.getByRole('button', { name: 'Download PNG' });
    this.status = page.getByRole('status').first();
    this.result = page.getByRole('img', { name: 'Generated picture' });
    this.proposedBoxes = page.locator('.suggested-box');
    this.queueChip = page.getByRole('button', { name: /waiting|failed/ });
    this.prompt = page.getByRole('textbox', { name: 'Prompt', exact: true });
  }

  /** `host` is another address than the test server's, ending in a slash. */
  async open(query = '', host = '/'): Promise<void> {
    await this.page.goto(`${host}${query}`);
    await this.waitUntilReady();
  }

  async waitUntilReady(): Promise<void> {
    await expect(this.generateButton).toBeEnabled({ timeout: 60_000 });
    // A first visit fills in its example when it is drawn; on narrow screens the prompt is behind a tab.
    await expect(this.prompt.or(this.phrase(1)).first()).not.toHaveValue('', { timeout: 60_000 });
  }

  async setPhoto(object: number, file: PhotoFile): Promise<void> {
    await this.page.getByLabel(`Object ${object} photo`, { exact: true }).setInputFiles(file);
  }

  async removeAllObjects(): Promise<void> {
    const first = this.page.getByRole('button', { name: 'Remove object 1' });
    while ((await first.count()) > 0) await first.click();
  }

  /** The photo on an object's card. */
  photo(object: number): Locator {
    return this.page
      .getByRole('listitem')
      .filter({ has: this.phrase(object) })
      .locator('img');
  }

  /** Drops a file in the middle of the page, as a person would from a folder. */
  async dropOnPage(file: PhotoFile): Promise<void> {
    await this.drop(this.page.locator('body'), file);
  }

  async dropOnCard(object: number, file: PhotoFile): Promise<void> {
    await this.drop(this.page.getByLabel(`Object ${object} photo`, { exact: true }), file);
  }

  /** An object's box on the canvas. */
  frame(object: number): Locator {
    return this.page.getByRole('region', { name: 'Box editor' }).getByLabel(new RegExp(`^${object} .*box:`));
  }

  /** Drops a file on the middle of an object's box on the canvas. */
  async dropOnBox(object: number, file: PhotoFile): Promise<void> {
    const box = this.frame(object);
    const bounds = await box.boundingBox();
    if (bounds === null) throw new Error('The box is not on the page.');
    await this.drop(box, file, {
      clientX: bounds.x + bounds.width / 2,
      clientY: bounds.y + bounds.height / 2,
    });
  }

  async paste(file: PhotoFile): Promise<void> {
    const data = await this.transferOf(file);
    await this.page.evaluate((clipboardData) => {
      const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
      document.body.dispatchEvent(event);
    }, data);
  }

  private async drop(
    target: Locator,
    file: PhotoFile,
    place: { clientX?: number; clientY?: number } = {},
  ): Promise<void> {
    const dataTransfer = await this.transferOf(file);
    for (const event of ['dragenter', 'dragover', 'drop']) {
      await target.dispatchEvent(event, { dataTransfer, ...place });
    }
  }

  private transferOf({ name, mimeType, buffer }: PhotoFile): Promise<JSHandle<DataTransfer>> {
    return this.page.evaluateHandle(
      ({ bytes, name: fileName, mimeType: type }) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(bytes)], fileName, { type }));
        return data;
      },
      { bytes: [...buffer], name, mimeType },
    );
  }

  phrase(object: number): Locator {
    return this.page.getByRole('textbox', { name: `Object ${object} phrase` });
  }

  box(object: number): Locator {
    return this.page.getByRole('group', { name: `Object ${object} box` });
  }

  /** Fills the four percent fields of an object's box. */
  async setBox(object: number, box: { x: number; y: number; width: number; height: number }): Promise<void> {
    for (const [field, value] of Object.entries(box)) {
      const input = this.box(object).getByRole('spinbutton', { name: field, exact: true });
      await input.fill(String(value));
      await input.press('Enter');
    }
  }

  /** The four percent fields of an object's box: x, y, width, height. */
  async boxValues(object: number): Promise<readonly string[]> {
    const fields = await this.box(object).getByRole('spinbutton').all();
    return Promise.all(fields.map((field) => field.inputValue()));
  }

  /** Takes one of the relations to start from. */
  async startFrom(relation: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Ideas' }).click();
    await this.page
      .getByRole('dialog')
      .getByRole('button', { name: new RegExp(`^${relation} (LoRA|words only)$`) })
      .click();
  }

  number(name: NumberName): Locator {
    return this.page.getByRole('spinbutton', { name, exact: true });
  }

  async setNumber(name: NumberName, value: number): Promise<void> {
    const input = this.number(name);
    await input.fill(String(value));
    await input.press('Enter');
  }

  select(name: 'Sampler' | 'Relation' | 'Device' | 'Model'): Locator {
    return this.page.getByRole('combobox', { name, exact: true });
  }

  async choose(name: 'Sampler' | 'Relation' | 'Device' | 'Model', option: string): Promise<void> {
    await this.select(name).selectOption({ label: option });
  }

  /** The row of a RelationLoRA on the stack. */
  lora(title: string): Locator {
    return this.page.getByRole('group', { name: title, exact: true });
  }

  async stackLora(title: string): Promise<void> {
    await this.chooseInMenu('Add a LoRA', title);
  }

  /** Opens the menu behind a button and takes one of its items. */
  async chooseInMenu(button: string, item: string): Promise<void> {
    await this.page.getByRole('button', { name: button, exact: true }).click();
    await this.page.getByRole('menuitem', { name: item }).click();
  }

  /** Opens the address dialog and asks for a file there. */
  async fetchLora(address: string): Promise<void> {
    await this.stackLora('From an address');
    const dialog = this.page.getByRole('dialog');
    await dialog.getByRole('textbox').fill(address);
    await dialog.getByRole('button', { name: 'Fetch' }).click();
  }

  async generate(): Promise<void> {
    await this.generateButton.click();
  }

  /** Opens what is known of model, device and storage. */
  async openMachine(): Promise<void> {
    await this.page.getByRole('button', { name: /Toybox/ }).click();
  }

  /** Seeds of the pictures in the history, newest first. */
  async historySeeds(): Promise<readonly number[]> {
    const names = this.page.getByRole('button', { name: /^Show the picture with seed/ });
    const labels = await names.evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''));
    return labels.map((label) => Number(/\d+/.exec(label)?.[0]));
  }

  /** Waits until the run ends with a picture. */
  async waitForPicture(): Promise<void> {
    await expect(this.downloadButton).toBeEnabled({ timeout: 150_000 });
    await expect(this.result).toBeVisible();
  }

  async downloadPng(): Promise<Buffer> {
    return (await this.downloadPngFile()).bytes;
  }

  async downloadPngFile(): Promise<{ readonly name: string; readonly bytes: Buffer }> {
    const event = this.page.waitForEvent('download');
    await this.downloadButton.click();
    const download = await event;
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  }

  /** Downloads through the menu beside the PNG's button. */
  async downloadAs(format: 'JPEG' | 'WebP'): Promise<{ readonly name: string; readonly bytes: Buffer }> {
    await this.page.getByRole('button', { name: 'Other formats' }).click();
    const event = this.page.waitForEvent('download');
    await this.page.getByRole('menuitem', { name: `Download ${format}` }).click();
    const download = await event;
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  }

  /** The picture on an object's card, as the file that the engine gets if it is small. */
  async cardPhoto(object: number): Promise<Buffer> {
    const bytes = await this.cardImage(object).evaluate(async (element: HTMLImageElement) => [
      ...new Uint8Array(await (await fetch(element.src)).arrayBuffer()),
    ]);
    return Buffer.from(bytes);
  }

  /** Width and height of the picture on an object's card, pixels. */
  async cardPhotoSize(object: number): Promise<readonly number[]> {
    return this.cardImage(object).evaluate((element: HTMLImageElement) => [
      element.naturalWidth,
      element.naturalHeight,
    ]);
  }

  private cardImage(object: number): Locator {
    return this.page.getByLabel(`Object ${object} photo`, { exact: true }).locator('xpath=../img');
  }

  photoDialog(): PhotoDialogPart {
    return new PhotoDialogPart(this.page);
  }

  viewer(): PictureViewerPart {
    return new PictureViewerPart(this.page);
  }
}
