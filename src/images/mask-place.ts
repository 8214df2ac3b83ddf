import type { PixelRect } from './crop.ts';
import { GONE, type Mask, maskFromImage, maskToImage } from './mask.ts';
import { resizeBicubic } from './resize.ts';

/**
 * Makes a mask that was found in one part of a picture the mask of the whole: resized to the rectangle, and
 * nothing kept outside it. Changes `whole` in place; the rectangle lies inside it.
 */
export function placeMask(whole: Mask, found: Mask, { x0, y0, x1, y1 }: PixelRect): void {
  const fitted = maskFromImage(resizeBicubic(maskToImage(found), x1 - x0, y1 - y0));
  whole.data.fill(GONE);
  for (let row = 0; row < fitted.height; row += 1) {
    const line = fitted.data.subarray(row * fitted.width, (row + 1) * fitted.width);
    whole.data.set(line, (y0 + row) * whole.width + x0);
  }
}
