import { type Mask } from './mask.ts';

export interface MaskPoint {
  /** Pixels from the left and top edges; fractions are places inside a pixel. */
  readonly x: number;
  readonly y: number;
}

/** How far the edge of a stroke runs from full to nothing, pixels: enough against steps. */
const EDGE = 1;

/**
 * Draws a round stroke from one point to the other: pixels within the radius take the value (0 or 255),
 * those on the edge a part of it. A dab is a stroke between equal points. Changes the mask in place.
 */
export function paintStroke(mask: Mask, from: MaskPoint, to: MaskPoint, radius: number, value: number): void {
  const { width, height, data } = mask;
  const reach = radius + EDGE;
  const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - reach));
  const right = Math.min(width - 1, Math.ceil(Math.max(from.x, to.x) + reach));
  const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(from.y, to.y) + reach));
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length2 = dx * dx + dy * dy;
  for (let y = top; y <= bottom; y += 1) {
    for (let x = left; x <= right; x += 1) {
      const [px, py] = [x + 0.5 - from.x, y + 0.5 - from.y];
      const along = length2 === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length2));
      const distance = Math.hypot(px - along * dx, py - along * dy);
      const cover = Math.min(1, Math.max(0, (radius + EDGE / 2 - distance) / EDGE));
      if (cover === 0) continue;
      const at = y * width + x;
      const before = data[at] ?? 0;
      data[at] = before + (value - before) * cover;
    }
  }
}
