import { type Context2D } from '../canvas.ts';
import { css, type Rgb } from '../palette.ts';

/** Backgrounds reach this far over the unit square, so that a tilted camera sees no edge. */
export const OVERSCAN = 0.12;
const LEFT = -OVERSCAN;
const WIDE = 1 + 2 * OVERSCAN;

/** A full-width band with a vertical gradient. */
export function band(context: Context2D, top: number, bottom: number, from: Rgb, to: Rgb, alpha = 1): void {
  const gradient = context.createLinearGradient(0, top, 0, bottom);
  gradient.addColorStop(0, css(from, alpha));
  gradient.addColorStop(1, css(to, alpha));
  context.fillStyle = gradient;
  context.fillRect(LEFT, top, WIDE, bottom - top);
}

export function rectangle(
  context: Context2D,
  x: number,
  y: number,
  width: number,
  height: number,
  color: Rgb,
  alpha = 1,
): void {
  context.fillStyle = css(color, alpha);
  context.fillRect(x, y, width, height);
}

export function oval(
  context: Context2D,
  x: number,
  y: number,
  rx: number,
  ry: number,
  color: Rgb,
  alpha = 1,
): void {
  context.fillStyle = css(color, alpha);
  context.beginPath();
  context.ellipse(x, y, rx, ry, 0, 0, Math.PI * 2);
  context.fill();
}

/** A disc of light that fades out. */
export function glow(
  context: Context2D,
  x: number,
  y: number,
  radius: number,
  color: Rgb,
  alpha: number,
  flat = 1,
): void {
  context.save();
  context.translate(x, y);
  context.scale(radius, radius * flat);
  const gradient = context.createRadialGradient(0, 0, 0, 0, 0, 1);
  gradient.addColorStop(0, css(color, alpha));
  gradient.addColorStop(0.5, css(color, alpha * 0.45));
  gradient.addColorStop(1, css(color, 0));
  context.fillStyle = gradient;
  context.beginPath();
  context.arc(0, 0, 1, 0, Math.PI * 2);
  context.fill();
  context.restore();
}

export function polygon(
  context: Context2D,
  points: readonly (readonly [number, number])[],
  color: Rgb,
  alpha = 1,
): void {
  context.fillStyle = css(color, alpha);
  context.beginPath();
  for (const [index, [x, y]] of points.entries()) {
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  }
  context.closePath();
  context.fill();
}

/** A smooth row of hills across the picture: heights at equal steps, filled down to `bottom`. */
export function hills(
  context: Context2D,
  heights: readonly number[],
  bottom: number,
  color: Rgb,
  alpha = 1,
): void {
  const step = WIDE / (heights.length - 1);
  context.fillStyle = css(color, alpha);
  context.beginPath();
  context.moveTo(LEFT, bottom);
  let previous = heights[0] ?? bottom;
  context.lineTo(LEFT, previous);
  for (const [index, height] of heights.entries()) {
    if (index === 0) continue;
    const x = LEFT + index * step;
    context.bezierCurveTo(x - step / 2, previous, x - step / 2, height, x, height);
    previous = height;
  }
  context.lineTo(LEFT + WIDE, bottom);
  context.closePath();
  context.fill();
}

/** A round-headed tree with a lit side. */
export function tree(context: Context2D, x: number, base: number, height: number, leaves: Rgb): void {
  rectangle(context, x - height * 0.045, base - height * 0.45, height * 0.09, height * 0.45, [128, 92, 70]);
  const r = height * 0.3;
  const y = base - height * 0.66;
  oval(context, x, y + r * 0.1, r * 1.08, r, [leaves[0] * 0.84, leaves[1] * 0.84, leaves[2] * 0.9]);
  oval(context, x - r * 0.16, y - r * 0.1, r * 0.86, r * 0.8, leaves);
  oval(context, x - r * 0.3, y - r * 0.28, r * 0.46, r * 0.4, [255, 255, 220], 0.22);
}

export function cloud(context: Context2D, x: number, y: number, size: number, alpha = 0.85): void {
  oval(context, x, y, size, size * 0.3, [255, 255, 255], alpha);
  oval(context, x - size * 0.3, y - size * 0.16, size * 0.42, size * 0.32, [255, 255, 255], alpha);
  oval(context, x + size * 0.25, y - size * 0.22, size * 0.5, size * 0.4, [255, 255, 255], alpha);
}
