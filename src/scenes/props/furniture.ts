import { lerp, vec } from '../geometry.ts';
import { darker, lighter, type Rgb } from '../palette.ts';
import { rod, WOOD } from './materials.ts';
import { type DrawProp } from './types.ts';

export const plate: DrawProp = (brush, { at, size }) => {
  brush.ellipse(at.x, at.y, 0.17 * size, 0.05 * size, 0, [250, 248, 242]);
  brush.ellipse(at.x - 0.05 * size, at.y - 0.035 * size, 0.065 * size, 0.05 * size, 0, [240, 200, 110]);
  brush.ellipse(at.x + 0.045 * size, at.y - 0.03 * size, 0.06 * size, 0.045 * size, 0, [226, 92, 72]);
  brush.ellipse(at.x + 0.005 * size, at.y - 0.06 * size, 0.035 * size, 0.028 * size, 0, [124, 176, 88]);
};

/** A table between two points of its front edge, reaching down to the ground by 0.34 of the size. */
export const table: DrawProp = (brush, { at: one, to: other, size, color }) => {
  const [at, to] = one.x < other.x ? [one, other] : [other, one];
  const drop = 0.29 * size;
  for (const x of [at.x + 0.05 * size, to.x - 0.05 * size])
    rod(brush, vec(x, at.y), vec(x, at.y + drop), 0.04 * size, WOOD);
  brush.solid(
    (path) => {
      path.moveTo(at.x, at.y - 0.035 * size);
      path.lineTo(to.x, to.y - 0.035 * size);
      path.lineTo(to.x + 0.02 * size, to.y + 0.075 * size);
      path.lineTo(at.x - 0.02 * size, at.y + 0.075 * size);
      path.closePath();
    },
    color,
    { x: (at.x + to.x) / 2, y: at.y, rx: (to.x - at.x) * 0.6, ry: 0.12 * size },
  );
};

/** Seat at `at`, legs down to `to`. */
export const stool: DrawProp = (brush, { at, to, size, color }) => {
  for (const side of [-1, 1])
    rod(
      brush,
      vec(at.x + side * 0.06 * size, at.y),
      vec(to.x + side * 0.09 * size, to.y),
      0.034 * size,
      WOOD,
    );
  brush.ellipse(at.x, at.y, 0.13 * size, 0.04 * size, 0, color);
};

/** An upright piano: `at` is the near lower corner at the player's side, `to` says where its back is. */
export const piano: DrawProp = (brush, { at, to, size, color }) => {
  const side = Math.sign(to.x - at.x);
  const x = (u: number): number => side * u;
  brush.within(at, 0, size, () => {
    brush.solid(
      (path) => {
        path.moveTo(x(0.1), 0);
        path.lineTo(x(0.1), -0.56);
        path.lineTo(x(0.4), -0.6);
        path.lineTo(x(0.4), 0);
        path.closePath();
      },
      color,
      { x: x(0.25), y: -0.3, rx: 0.24, ry: 0.36 },
    );
    brush.solid(
      (path) => {
        path.rect(Math.min(x(0.06), x(0.42)), -0.64, 0.36, 0.06);
      },
      darker(color, 0.15),
      { x: x(0.24), y: -0.6, rx: 0.2, ry: 0.05 },
    );
    brush.solid(
      (path) => {
        path.rect(Math.min(x(-0.06), x(0.12)), -0.3, 0.18, 0.06);
      },
      color,
      { x: x(0.03), y: -0.27, rx: 0.12, ry: 0.06 },
    );
    brush.solid(
      (path) => {
        path.rect(Math.min(x(-0.05), x(0.11)), -0.335, 0.16, 0.036);
      },
      [252, 250, 244],
      { x: x(0.03), y: -0.32, rx: 0.2, ry: 0.1 },
      () => {
        for (let key = 0; key < 5; key += 1)
          brush.detail(
            (path) => {
              path.rect(Math.min(x(-0.03 + key * 0.03), x(-0.018 + key * 0.03)), -0.335, 0.012, 0.022);
            },
            [44, 40, 50],
          );
      },
    );
    brush.solid(
      (path) => {
        path.rect(Math.min(x(0), x(0.035)), -0.24, 0.035, 0.24);
      },
      darker(color, 0.2),
      { x: x(0.018), y: -0.12, rx: 0.03, ry: 0.14 },
    );
    brush.solid(
      (path) => {
        path.moveTo(x(0.08), -0.4);
        path.lineTo(x(0.14), -0.54);
        path.lineTo(x(0.18), -0.52);
        path.lineTo(x(0.12), -0.39);
        path.closePath();
      },
      [250, 246, 232],
      { x: x(0.13), y: -0.46, rx: 0.1, ry: 0.1 },
    );
  });
};

const PIECES: readonly (readonly [number, Rgb])[] = [
  [-0.13, [250, 242, 222]],
  [-0.06, [250, 242, 222]],
  [0.04, [70, 58, 70]],
  [0.12, [70, 58, 70]],
];

/** A board seen from the side, with pieces, `at` its middle. */
export const chessboard: DrawProp = (brush, { at, size, flip }) => {
  brush.within(at, 0, size, () => {
    brush.solid(
      (path) => {
        path.moveTo(-0.17, -0.03);
        path.lineTo(0.17, -0.03);
        path.lineTo(0.2, 0.03);
        path.lineTo(-0.2, 0.03);
        path.closePath();
      },
      [244, 226, 190],
      { x: 0, y: 0, rx: 0.22, ry: 0.06 },
      () => {
        for (let row = 0; row < 3; row += 1) {
          for (let column = 0; column < 4; column += 1)
            brush.detail(
              (path) => {
                path.rect(-0.2 + column * 0.1 + (row % 2) * 0.05, -0.03 + row * 0.02, 0.05, 0.02);
              },
              [128, 84, 66],
            );
        }
      },
    );
    for (const [x, color] of PIECES) {
      const u = x * flip;
      brush.solid(
        (path) => {
          path.moveTo(u - 0.026, 0);
          path.quadraticCurveTo(u - 0.008, -0.04, u - 0.012, -0.07);
          path.lineTo(u + 0.012, -0.07);
          path.quadraticCurveTo(u + 0.008, -0.04, u + 0.026, 0);
          path.closePath();
        },
        color,
        { x: u, y: -0.03, rx: 0.04, ry: 0.05 },
      );
      brush.ellipse(u, -0.085, 0.022, 0.022, 0, color);
    }
  });
};

/** Posts, ropes and the far side of the cloth between two points. */
export const hammockBack: DrawProp = (brush, { at, to, size, color }) => {
  for (const post of [at, to])
    rod(
      brush,
      vec(post.x, post.y - 0.12 * size),
      vec(post.x, post.y + 0.6 * size),
      0.06 * size,
      [142, 100, 72],
    );
  const low = lerp(at, to, 0.5).y + 0.34 * size;
  brush.solid(
    (path) => {
      path.moveTo(at.x, at.y);
      path.quadraticCurveTo((at.x + to.x) / 2, low, to.x, to.y);
      path.quadraticCurveTo((at.x + to.x) / 2, low + 0.36 * size, at.x, at.y);
      path.closePath();
    },
    darker(color, 0.25),
    { x: (at.x + to.x) / 2, y: low, rx: Math.abs(to.x - at.x) / 2, ry: 0.3 * size },
  );
};

/** The near side of the cloth, over the sleeper. */
export const hammockFront: DrawProp = (brush, { at, to, size, color }) => {
  const low = lerp(at, to, 0.5).y + 0.56 * size;
  brush.solid(
    (path) => {
      path.moveTo(at.x, at.y);
      path.quadraticCurveTo((at.x + to.x) / 2, low, to.x, to.y);
      path.quadraticCurveTo((at.x + to.x) / 2, low + 0.3 * size, at.x, at.y);
      path.closePath();
    },
    color,
    { x: (at.x + to.x) / 2, y: low - 0.1 * size, rx: Math.abs(to.x - at.x) / 2, ry: 0.26 * size },
    () => {
      for (const t of [0.3, 0.5, 0.7]) {
        const middle = lerp(at, to, t);
        brush.line(
          (path) => {
            path.moveTo(middle.x, middle.y);
            path.lineTo(middle.x, middle.y + 0.6 * size);
          },
          0.045 * size,
          lighter(color, 0.45),
        );
      }
    },
  );
};
