import { type DrawProp } from './types.ts';
import { vec } from '../geometry.ts';

/** Two floating notes of music around a point. */
export const notes: DrawProp = (brush, { at, size, color }) => {
  for (const [x, y, tilt] of [
    [-0.06, 0.02, -0.15],
    [0.08, -0.07, 0.12],
  ] as const) {
    brush.within(vec(at.x + x * size, at.y + y * size), tilt, size, () => {
      brush.tube(
        (path, dx, dy) => {
          path.moveTo(0.028 + dx, dy);
          path.lineTo(0.028 + dx, -0.1 + dy);
          path.quadraticCurveTo(0.06 + dx, -0.085 + dy, 0.065 + dx, -0.05 + dy);
        },
        0.018,
        color,
      );
      brush.ellipse(0, 0, 0.036, 0.028, -0.3, color);
    });
  }
};

/** The star of an impact. */
export const burst: DrawProp = (brush, { at, size, color }) => {
  brush.within(at, 0.2, size, () => {
    brush.solid(
      (path) => {
        for (let index = 0; index < 16; index += 1) {
          const radius = index % 2 === 0 ? 0.12 : 0.062;
          const angle = (index / 16) * Math.PI * 2;
          if (index === 0) path.moveTo(radius, 0);
          else path.lineTo(Math.cos(angle) * radius, Math.sin(angle) * radius);
        }
        path.closePath();
      },
      color,
      { x: 0, y: 0, rx: 0.14, ry: 0.14 },
    );
    brush.spot(0, 0, 0.045, 0.045, [255, 252, 232]);
  });
};

export const hearts: DrawProp = (brush, { at, size, color }) => {
  for (const [x, y, scale] of [
    [0, 0, 1],
    [-0.1, 0.05, 0.6],
    [0.1, 0.06, 0.66],
  ] as const) {
    brush.within(vec(at.x + x * size, at.y + y * size), x * 2, size * scale, () => {
      brush.solid(
        (path) => {
          path.moveTo(0, 0.06);
          path.bezierCurveTo(-0.13, -0.03, -0.06, -0.11, 0, -0.045);
          path.bezierCurveTo(0.06, -0.11, 0.13, -0.03, 0, 0.06);
          path.closePath();
        },
        color,
        { x: 0, y: -0.02, rx: 0.09, ry: 0.08 },
      );
    });
  }
};

/** Three letters Z, growing away from the sleeper. */
export const sleep: DrawProp = (brush, { at, to, size, color }) => {
  for (const [index, scale] of [0.06, 0.085, 0.115].entries()) {
    const t = index / 2;
    brush.within(vec(at.x + (to.x - at.x) * t, at.y + (to.y - at.y) * t), 0.1, size * scale, () => {
      brush.tube(
        (path, dx, dy) => {
          path.moveTo(-0.4 + dx, -0.5 + dy);
          path.lineTo(0.4 + dx, -0.5 + dy);
          path.lineTo(-0.4 + dx, 0.5 + dy);
          path.lineTo(0.4 + dx, 0.5 + dy);
        },
        0.24,
        color,
      );
    });
  }
};

/** Wisps of steam rising from a point. */
export const steam: DrawProp = (brush, { at, size }) => {
  for (const x of [-0.05, 0, 0.05]) {
    brush.line(
      (path) => {
        path.moveTo(at.x + x * size, at.y);
        path.bezierCurveTo(
          at.x + (x - 0.04) * size,
          at.y - 0.05 * size,
          at.x + (x + 0.04) * size,
          at.y - 0.09 * size,
          at.x + x * size,
          at.y - 0.14 * size,
        );
      },
      0.02 * size,
      [255, 255, 255],
      0.75,
    );
  }
};
