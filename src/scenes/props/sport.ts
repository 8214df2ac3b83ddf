import { add, subtract, times, unit, vec } from '../geometry.ts';
import { darker, type Rgb } from '../palette.ts';
import { rod, STEEL } from './materials.ts';
import { type DrawProp } from './types.ts';

export const barbell: DrawProp = (brush, { at, to, size, color }) => {
  rod(brush, at, to, 0.024 * size, STEEL);
  const along = unit(subtract(to, at));
  const angle = Math.atan2(along.y, along.x);
  for (const [end, sign] of [
    [at, 1],
    [to, -1],
  ] as const) {
    for (const [offset, radius] of [
      [0.1, 0.085],
      [0.045, 0.135],
    ] as const) {
      const center = add(end, times(along, sign * offset * size));
      brush.ellipse(
        center.x,
        center.y,
        0.028 * size,
        radius * size,
        angle,
        offset > 0.08 ? darker(color, 0.35) : color,
      );
    }
  }
};

/** From tail to the turned-up tip. */
export const ski: DrawProp = (brush, { at, to, size, color }) => {
  const along = unit(subtract(to, at));
  const tip = add(add(to, times(along, 0.07 * size)), vec(0, -0.06 * size));
  brush.tube(
    (path, dx, dy) => {
      path.moveTo(at.x + dx, at.y + dy);
      path.lineTo(to.x + dx, to.y + dy);
      path.quadraticCurveTo(
        to.x + along.x * 0.05 * size + dx,
        to.y + along.y * 0.05 * size + dy,
        tip.x + dx,
        tip.y + dy,
      );
    },
    0.034 * size,
    color,
  );
};

/** From the grip to the point. */
export const pole: DrawProp = (brush, { at, to, size }) => {
  rod(brush, at, to, 0.018 * size, STEEL);
  const basket = add(to, times(subtract(at, to), 0.12));
  brush.ellipse(basket.x, basket.y, 0.032 * size, 0.016 * size, 0, [84, 84, 104]);
};

const WHITE: Rgb = [252, 250, 244];
const BLACK: Rgb = [58, 54, 64];

export const football: DrawProp = (brush, { at, size }) => {
  const r = 0.1 * size;
  brush.ellipse(at.x, at.y, r, r, 0, WHITE, () => {
    brush.spot(at.x, at.y, r * 0.36, r * 0.36, BLACK);
    for (let patch = 0; patch < 5; patch += 1) {
      const angle = (patch / 5) * Math.PI * 2 - 0.5;
      brush.spot(
        at.x + Math.cos(angle) * r * 0.88,
        at.y + Math.sin(angle) * r * 0.88,
        r * 0.26,
        r * 0.26,
        BLACK,
      );
    }
  });
};

export const basketball: DrawProp = (brush, { at, size }) => {
  const r = 0.105 * size;
  brush.ellipse(at.x, at.y, r, r, 0, [230, 126, 54], () => {
    const seam = 0.014 * size;
    brush.line(
      (path) => {
        path.moveTo(at.x - r, at.y);
        path.lineTo(at.x + r, at.y);
        path.moveTo(at.x, at.y - r);
        path.lineTo(at.x, at.y + r);
      },
      seam,
      BLACK,
    );
    for (const side of [-1, 1])
      brush.line(
        (path) => {
          path.ellipse(at.x + side * r * 1.15, at.y, r * 0.7, r * 0.9, 0, 0, Math.PI * 2);
        },
        seam,
        BLACK,
      );
  });
};

/** Board and ring on a pole; `at` is the middle of the ring, `to` the foot of the pole. */
export const hoop: DrawProp = (brush, { at, to, size }) => {
  rod(brush, vec(to.x, at.y - 0.06 * size), to, 0.036 * size, [112, 116, 132]);
  const side = Math.sign(to.x - at.x);
  const board = at.x + side * 0.1 * size;
  brush.solid(
    (path) => {
      path.rect(board - 0.02 * size, at.y - 0.24 * size, 0.05 * size, 0.3 * size);
    },
    WHITE,
    { x: board, y: at.y - 0.1 * size, rx: 0.1 * size, ry: 0.2 * size },
  );
  brush.solid(
    (path) => {
      path.moveTo(at.x - 0.09 * size, at.y);
      path.lineTo(at.x + 0.09 * size, at.y);
      path.lineTo(at.x + 0.05 * size, at.y + 0.15 * size);
      path.lineTo(at.x - 0.05 * size, at.y + 0.15 * size);
      path.closePath();
    },
    [250, 250, 250],
    { x: at.x, y: at.y + 0.07 * size, rx: 0.12 * size, ry: 0.12 * size },
  );
  rod(
    brush,
    vec(at.x - 0.1 * size, at.y),
    vec(at.x + 0.1 * size, at.y),
    0.03 * size,
    darker([240, 96, 60], 0.05),
  );
};
