import { type Locator, type Page } from '@playwright/test';

/** The library as a person meets it: roles and accessible names only. */
export class LibraryPage {
  readonly dialog: Locator;
  readonly startButton: Locator;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.dialog = page.getByRole('dialog', { name: 'Library' });
    this.startButton = this.dialog.getByRole('button', { name: 'Install My model' });
  }

  async open(): Promise<void> {
    await this.page.getByRole('button', { name: 'Library', exact: true }).click();
  }

  async close(): Promise<void> {
    await this.dialog.getByRole('button', { name: 'Close' }).click();
  }

  /** The golden model's sources at a test hub. */
  async fillSources(endpoint: string): Promise<void> {
    await this.dialog.getByText('Sources', { exact: true }).click();
    const fields = {
      Name: 'My model',
      'Base model': 'hub:owner/base',
      VAE: '',
      'Image encoder': 'hub:owner/encoder/sdxl_models/image_encoder',
      'Encoder for local tokens': '',
      'MS-Diffusion adapter': 'hub:owner/adapter',
      Hub: endpoint,
    };
    for (const [name, value] of Object.entries(fields)) {
      await this.dialog.getByRole('textbox', { name, exact: true }).fill(value);
    }
  }

  async pickFolder(folder: string): Promise<void> {
    await this.dialog.getByText('Sources', { exact: true }).click();
    await this.dialog.getByLabel('A folder on this machine').setInputFiles(folder);
  }

  /** Drops files on the library, as from a file manager. */
  async drop(files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Promise<void> {
    const encoded = files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') }));
    const dropped = await this.page.evaluateHandle(async (list) => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of list) {
        const response = await fetch(`data:application/octet-stream;base64,${base64}`);
        transfer.items.add(new File([await response.blob()], name));
      }
      return transfer;
    }, encoded);
    await this.dialog.dispatchEvent('drop', { dataTransfer: dropped });
  }

  async check(): Promise<void> {
    await this.dialog.getByRole('button', { name: 'Show size and licence' }).click();
    await this.startButton.waitFor();
  }

  /** What the tables say of a picture size, one cell a model or precision. */
  fitOf(size: string): Locator {
    return this.dialog.getByRole('row', { name: size }).getByRole('cell');
  }

  async acceptAndStart(): Promise<void> {
    await this.dialog.getByRole('checkbox').check();
    await this.startButton.click();
  }

  progress(title: string): Locator {
    return this.dialog.getByRole('progressbar', { name: `Installing ${title}` });
  }

  use(title: string): Locator {
    return this.dialog.getByRole('button', { name: `Use ${title}`, exact: true });
  }

  uninstall(title: string): Locator {
    return this.dialog.getByRole('button', { name: `Uninstall ${title}`, exact: true });
  }

  resume(title: string): Locator {
    return this.dialog.getByRole('button', { name: `Go on with ${title}`, exact: true });
  }

  pause(title: string): Locator {
    return this.dialog.getByRole('button', { name: `Pause ${title}`, exact: true });
  }
}
