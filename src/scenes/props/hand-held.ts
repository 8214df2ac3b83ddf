import { add, lerp, subtract, times, unit, vec, type Vec } from '../geometry.ts';
import { darker, lighter, type Rgb } from '../palette.ts';
import { type Brush } from '../drawing/brush.ts';
import { type DrawProp } from './types.ts';

const STEEL: Rgb = [222, 228, 238];
const GOLD: Rgb = [234, 184, 72];
const WOOD: Rgb = [190, 126, 72];

function rod(brush: Brush, from: Vec, to: Vec, width: number, color: Rgb): void {
  brush.tube((context, dx, dy) => { context.moveTo(from.x + dx, from.y + dy); context.lineTo(to.x + dx, to.y + dy); }, width, color);
}

export const sword: DrawProp = (brush, { at, to, size }) => {
  const along = unit(subtract(to, at));
  const across = vec(-along.y, along.x);
  const guard = add(at, times(along, 0.045 * size));
  rod(brush, add(at, times(along, -0.04 * size)), guard, 0.034 * size, [120, 76, 56]);
  rod(brush, guard, to, 0.026 * size, STEEL);
  rod(brush, add(guard, times(across, 0.055 * size)), add(guard, times(across, -0.055 * size)), 0.03 * size, GOLD);
};

export const barbell: DrawProp = (brush, { at, to, size, color }) => {
  rod(brush, at, to, 0.024 * size, STEEL);
  const along = unit(subtract(to, at));
  const angle = Math.atan2(along.y, along.x);
  for (const [end, sign] of [[at, 1], [to, -1]] as const) {
    for (const [offset, radius] of [[0.1, 0.085], [0.045, 0.135]] as const) {
      const center = add(end, times(along, sign * offset * size));
      brush.ellipse(center.x, center.y, 0.028 * size, radius * size, angle, offset > 0.08 ? darker(color, 0.35) : color);
    }
  }
};

export const guitar: DrawProp = (brush, { at, to, size, color }, context) => {
  const neck = subtract(to, at);
  const angle = Math.atan2(neck.y, neck.x);
  rod(brush, lerp(at, to, 0.2), to, 0.036 * size, [122, 76, 50]);
  brush.within(at, angle, size, () => {
    brush.solid((path) => {
      path.moveTo(0.115, 0);
      path.bezierCurveTo(0.115, -0.12, 0.02, -0.1, -0.005, -0.078);
      path.bezierCurveTo(-0.05, -0.15, -0.21, -0.15, -0.21, 0);
      path.bezierCurveTo(-0.21, 0.15, -0.05, 0.15, -0.005, 0.078);
      path.bezierCurveTo(0.02, 0.1, 0.115, 0.12, 0.115, 0);
      path.closePath();
    }, color, { x: -0.05, y: 0, rx: 0.19, ry: 0.17 });
    brush.spot(0.01, 0, 0.042, 0.042, [70, 42, 34]);
    brush.spot(-0.13, 0, 0.012, 0.045, [70, 42, 34]);
  });
  brush.line(() => { context.moveTo(at.x, at.y); context.lineTo(to.x, to.y); }, 0.008 * size, [250, 240, 220], 0.9);
  brush.within(to, angle, size, () => { brush.ellipse(0.02, 0, 0.045, 0.03, 0, [122, 76, 50]); });
};

export const book: DrawProp = (brush, { at, to, size, color }) => {
  const angle = Math.atan2(to.y - at.y, to.x - at.x);
  brush.within(lerp(at, to, 0.5), angle, size, () => {
    const page = (side: number): void => {
      brush.solid((path) => {
        path.moveTo(0, 0.07);
        path.quadraticCurveTo(side * 0.09, 0.035, side * 0.185, 0.055);
        path.lineTo(side * 0.185, -0.12);
        path.quadraticCurveTo(side * 0.09, -0.14, 0, -0.105);
        path.closePath();
      }, color, { x: side * 0.09, y: -0.03, rx: 0.14, ry: 0.14 });
    };
    page(-1);
    page(1);
    brush.line((path) => { path.moveTo(0, 0.07); path.lineTo(0, -0.105); }, 0.014, darker(color, 0.35));
    brush.spot(-0.092, -0.04, 0.05, 0.032, lighter(color, 0.55), 0.9);
    brush.spot(0.092, -0.04, 0.05, 0.032, lighter(color, 0.55), 0.9);
  });
};

export const fork: DrawProp = (brush, { at, to, size }) => {
  rod(brush, at, to, 0.018 * size, STEEL);
  brush.ellipse(to.x, to.y, 0.026 * size, 0.034 * size, 0, [236, 122, 78]);
};

export const plate: DrawProp = (brush, { at, size }) => {
  brush.ellipse(at.x, at.y, 0.17 * size, 0.05 * size, 0, [250, 248, 242]);
  brush.ellipse(at.x - 0.05 * size, at.y - 0.035 * size, 0.065 * size, 0.05 * size, 0, [240, 200, 110]);
  brush.ellipse(at.x + 0.045 * size, at.y - 0.03 * size, 0.06 * size, 0.045 * size, 0, [226, 92, 72]);
  brush.ellipse(at.x + 0.005 * size, at.y - 0.06 * size, 0.035 * size, 0.028 * size, 0, [124, 176, 88]);
};

/** A table between two points of its front edge, reaching down to the ground by 0.34 of the size. */
export const table: DrawProp = (brush, { at, to, size, color }) => {
  const drop = 0.3 * size;
  for (const x of [at.x + 0.05 * size, to.x - 0.05 * size]) rod(brush, vec(x, at.y), vec(x, at.y + drop), 0.04 * size, WOOD);
  brush.solid((path) => {
    path.moveTo(at.x, at.y - 0.035 * size);
    path.lineTo(to.x, to.y - 0.035 * size);
    path.lineTo(to.x + 0.02 * size, to.y + 0.075 * size);
    path.lineTo(at.x - 0.02 * size, at.y + 0.075 * size);
    path.closePath();
  }, color, { x: (at.x + to.x) / 2, y: at.y, rx: (to.x - at.x) * 0.6, ry: 0.12 * size });
};
