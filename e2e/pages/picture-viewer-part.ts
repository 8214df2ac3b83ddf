import { expect, type Locator, type Page } from '@playwright/test';

/** The viewer that takes the box editor's place. */
export class PictureViewerPart {
  readonly region: Locator;
  readonly viewport: Locator;
  readonly picture: Locator;
  readonly zoom: Locator;
  readonly compareButton: Locator;
  readonly earlier: Locator;
  readonly divider: Locator;

  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.region = page.getByRole('region', { name: 'Picture viewer' });
    this.viewport = this.region.getByRole('group', { name: 'Picture' });
    this.picture = this.region.getByRole('img', { name: 'Generated picture' });
    this.zoom = this.region.getByText(/^Zoom\s+\d+ %$/);
    this.compareButton = this.region.getByRole('button', { name: 'Compare' });
    this.earlier = this.region.getByRole('img', { name: 'Earlier picture' });
    this.divider = this.region.getByRole('slider', { name: 'Divider between the pictures' });
  }

  async open(): Promise<void> {
    await this.page.getByRole('button', { name: 'Look at the picture' }).click();
    await expect(this.viewport).toBeFocused();
  }

  async press(button: 'Zoom in' | 'Zoom out' | 'Fit' | 'Pixel by pixel, 100 %'): Promise<void> {
    await this.region.getByRole('button', { name: button }).click();
  }

  /** The zoom shown, percent. */
  async percent(): Promise<number> {
    return Number((await this.zoom.textContent())?.replaceAll(/\D/g, ''));
  }

  async bounds(part: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
    const bounds = await part.boundingBox();
    if (bounds === null) throw new Error('The part is not on the page.');
    return bounds;
  }

  /** Two fingers on the picture move apart, from 80 pixels to twice as far. */
  async pinchOpen(): Promise<void> {
    const { x, y, width, height } = await this.bounds(this.viewport);
    const [centreX, centreY] = [x + width / 2, y + height / 2];
    const fingers = (distance: number) => [
      { x: centreX - distance / 2, y: centreY, id: 1 },
      { x: centreX + distance / 2, y: centreY, id: 2 },
    ];
    const touch = await this.page.context().newCDPSession(this.page);
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: fingers(80) });
    for (const distance of [110, 140, 160]) {
      await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: fingers(distance) });
    }
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await touch.detach();
  }

  /** Drags from the middle of a part by so many pixels. */
  async drag(part: Locator, dx: number, dy: number): Promise<void> {
    const { x, y, width, height } = await this.bounds(part);
    await this.page.mouse.move(x + width / 2, y + height / 2);
    await this.page.mouse.down();
    await this.page.mouse.move(x + width / 2 + dx, y + height / 2 + dy, { steps: 4 });
    await this.page.mouse.up();
  }
}
