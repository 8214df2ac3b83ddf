import { expect, type Locator, type Page } from '@playwright/test';

/** The dialog that crops and cuts out one object's photo. */
export class PhotoDialogPart {
  readonly dialog: Locator;
  readonly frame: Locator;
  readonly stage: Locator;
  readonly undoButton: Locator;

  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.dialog = page.getByRole('dialog', { name: /Photo of object/ });
    this.frame = this.dialog.getByRole('button', { name: /^Crop: / });
    this.stage = this.dialog.getByRole('application', { name: 'Photo to cut out' });
    this.undoButton = this.dialog.getByRole('button', { name: 'Take back' });
  }

  async open(object: number, tool: 'Crop the photo' | 'Cut out the object'): Promise<void> {
    await this.page.getByRole('button', { name: `More for object ${object}` }).click();
    await this.page.getByRole('menuitem', { name: tool }).click();
    await expect(this.dialog).toBeVisible();
    if (tool === 'Cut out the object') await expect(this.stage).toHaveAttribute('aria-busy', 'false');
  }

  async press(button: string): Promise<void> {
    await this.dialog.getByRole('button', { name: button, exact: true }).click();
  }

  async choose(option: string): Promise<void> {
    await this.dialog.getByRole('radio', { name: option, exact: true }).click();
  }

  async done(): Promise<void> {
    await this.press('Done');
    await expect(this.dialog).toBeHidden();
  }
}
