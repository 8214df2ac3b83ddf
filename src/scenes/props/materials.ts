import { type Brush } from '../drawing/brush.ts';
import { type Vec } from '../geometry.ts';
import { type Rgb } from '../palette.ts';

export const STEEL: Rgb = [222, 228, 238];
export const WOOD: Rgb = [190, 126, 72];
export const RUBBER: Rgb = [62, 58, 70];

/** A straight round bar. */
export function rod(brush: Brush, from: Vec, to: Vec, width: number, color: Rgb): void {
  brush.tube(
    (context, dx, dy) => {
      context.moveTo(from.x + dx, from.y + dy);
      context.lineTo(to.x + dx, to.y + dy);
    },
    width,
    color,
  );
}
