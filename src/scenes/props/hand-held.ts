import { add, lerp, subtract, times, unit, vec } from '../geometry.ts';
import { darker, lighter, type Rgb } from '../palette.ts';
import { rod, STEEL } from './materials.ts';
import { type DrawProp } from './types.ts';

const GOLD: Rgb = [234, 184, 72];

export const sword: DrawProp = (brush, { at, to, size }) => {
  const along = unit(subtract(to, at));
  const across = vec(-along.y, along.x);
  const guard = add(at, times(along, 0.045 * size));
  rod(brush, add(at, times(along, -0.04 * size)), guard, 0.034 * size, [120, 76, 56]);
  rod(brush, guard, to, 0.032 * size, STEEL);
  rod(
    brush,
    add(guard, times(across, 0.055 * size)),
    add(guard, times(across, -0.055 * size)),
    0.03 * size,
    GOLD,
  );
};

export const guitar: DrawProp = (brush, { at, to, size, color }, context) => {
  const neck = subtract(to, at);
  const angle = Math.atan2(neck.y, neck.x);
  rod(brush, lerp(at, to, 0.2), to, 0.036 * size, [122, 76, 50]);
  brush.within(at, angle, size, () => {
    brush.solid(
      (path) => {
        path.moveTo(0.115, 0);
        path.bezierCurveTo(0.115, -0.12, 0.02, -0.1, -0.005, -0.078);
        path.bezierCurveTo(-0.05, -0.15, -0.21, -0.15, -0.21, 0);
        path.bezierCurveTo(-0.21, 0.15, -0.05, 0.15, -0.005, 0.078);
        path.bezierCurveTo(0.02, 0.1, 0.115, 0.12, 0.115, 0);
        path.closePath();
      },
      color,
      { x: -0.05, y: 0, rx: 0.19, ry: 0.17 },
    );
    brush.spot(0.01, 0, 0.042, 0.042, [70, 42, 34]);
    brush.spot(-0.13, 0, 0.012, 0.045, [70, 42, 34]);
  });
  brush.line(
    () => {
      context.moveTo(at.x, at.y);
      context.lineTo(to.x, to.y);
    },
    0.008 * size,
    [250, 240, 220],
    0.9,
  );
  brush.within(to, angle, size, () => {
    brush.ellipse(0.02, 0, 0.045, 0.03, 0, [122, 76, 50]);
  });
};

export const book: DrawProp = (brush, { at, to, size, color }) => {
  const angle = Math.atan2(to.y - at.y, to.x - at.x);
  brush.within(lerp(at, to, 0.5), angle, size, () => {
    const page = (side: number): void => {
      brush.solid(
        (path) => {
          path.moveTo(0, 0.07);
          path.quadraticCurveTo(side * 0.09, 0.035, side * 0.185, 0.055);
          path.lineTo(side * 0.185, -0.12);
          path.quadraticCurveTo(side * 0.09, -0.14, 0, -0.105);
          path.closePath();
        },
        color,
        { x: side * 0.09, y: -0.03, rx: 0.14, ry: 0.14 },
      );
    };
    page(-1);
    page(1);
    brush.line(
      (path) => {
        path.moveTo(0, 0.07);
        path.lineTo(0, -0.105);
      },
      0.014,
      darker(color, 0.35),
    );
    brush.spot(-0.092, -0.04, 0.05, 0.032, lighter(color, 0.55), 0.9);
    brush.spot(0.092, -0.04, 0.05, 0.032, lighter(color, 0.55), 0.9);
  });
};

export const fork: DrawProp = (brush, { at, to, size }) => {
  rod(brush, at, to, 0.018 * size, STEEL);
  brush.ellipse(to.x, to.y, 0.026 * size, 0.034 * size, 0, [236, 122, 78]);
};

/** From the hand to the head of the microphone. */
export const microphone: DrawProp = (brush, { at, to, size }) => {
  rod(brush, at, to, 0.034 * size, [66, 62, 78]);
  brush.ellipse(to.x, to.y, 0.05 * size, 0.05 * size, 0, [150, 154, 168]);
};

/** From the grip to the top of the canopy. */
export const umbrella: DrawProp = (brush, { at, to, size, color }) => {
  rod(brush, at, to, 0.02 * size, [122, 84, 62]);
  const angle = Math.atan2(to.y - at.y, to.x - at.x) + Math.PI / 2;
  brush.within(to, angle, size, () => {
    brush.solid(
      (path) => {
        path.moveTo(-0.4, 0.17);
        path.bezierCurveTo(-0.34, -0.14, 0.34, -0.14, 0.4, 0.17);
        for (const x of [0.2, -0.06, -0.26]) path.quadraticCurveTo(x + 0.1, 0.11, x, 0.17);
        path.quadraticCurveTo(-0.33, 0.11, -0.4, 0.17);
        path.closePath();
      },
      color,
      { x: 0, y: 0.08, rx: 0.44, ry: 0.2 },
      () => {
        brush.detail(
          (path) => {
            path.moveTo(0, -0.1);
            path.lineTo(-0.13, 0.2);
            path.lineTo(0.12, 0.2);
            path.closePath();
          },
          lighter(color, 0.5),
        );
      },
    );
  });
};

/** From the end of the handle to the middle of the pan. */
export const pan: DrawProp = (brush, { at, to, size }) => {
  rod(brush, at, to, 0.03 * size, [70, 62, 70]);
  brush.ellipse(to.x, to.y, 0.12 * size, 0.04 * size, 0, [74, 74, 88]);
  brush.spot(to.x, to.y - 0.008 * size, 0.082 * size, 0.024 * size, [252, 250, 240]);
  brush.spot(to.x + 0.01 * size, to.y - 0.014 * size, 0.035 * size, 0.016 * size, [250, 196, 70]);
};

export const spatula: DrawProp = (brush, { at, to, size }) => {
  rod(brush, at, to, 0.02 * size, STEEL);
  const along = unit(subtract(to, at));
  rod(brush, to, add(to, times(along, 0.05 * size)), 0.06 * size, [206, 84, 76]);
};
