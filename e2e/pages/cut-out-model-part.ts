import { type Locator, type Page } from '@playwright/test';

/** Finding an object, and the dialog that offers the model it needs. */
export class CutOutModelPart {
  readonly dialog: Locator;
  readonly findButton: Locator;
  readonly remark: Locator;
  readonly alert: Locator;

  constructor(page: Page) {
    const photo = page.getByRole('dialog', { name: /Photo of object/ });
    this.dialog = page.getByRole('dialog', { name: 'A model is needed once' });
    this.findButton = photo.getByRole('button', { name: 'Find the object' });
    this.remark = photo.getByRole('status');
    this.alert = photo.getByRole('alert');
  }

  /** A repository of a test hub as the source. */
  async fillSource(repository: string, endpoint: string): Promise<void> {
    await this.dialog.getByText('Other sources').click();
    await this.dialog.getByRole('textbox', { name: 'Another hub' }).fill(endpoint);
    await this.dialog.getByRole('textbox', { name: 'Model' }).fill(repository);
  }

  async check(): Promise<void> {
    await this.dialog.getByRole('button', { name: 'Show size and licence' }).click();
  }

  install(): Locator {
    return this.dialog.getByRole('button', { name: /^Install, / });
  }

  progress(title: string): Locator {
    return this.dialog.getByRole('progressbar', { name: `Installing ${title}` });
  }
}
