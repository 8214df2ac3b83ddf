import { vec } from '../geometry.ts';
import { darker, lighter, type Rgb } from '../palette.ts';
import { rod, RUBBER, STEEL } from './materials.ts';
import { type Brush } from '../drawing/brush.ts';
import { type DrawProp } from './types.ts';

/** An open wheel: tyre and spokes, nothing between. */
function wheel(brush: Brush, x: number, y: number, radius: number, tyre: number): void {
  brush.tube(
    (path, dx, dy) => {
      path.ellipse(x + dx * 0.3, y + dy * 0.3, radius, radius, 0, 0, Math.PI * 2);
    },
    tyre,
    RUBBER,
  );
  brush.line(
    (path) => {
      for (let spoke = 0; spoke < 4; spoke += 1) {
        const angle = (spoke / 4) * Math.PI + 0.3;
        path.moveTo(x + Math.cos(angle) * radius, y + Math.sin(angle) * radius);
        path.lineTo(x - Math.cos(angle) * radius, y - Math.sin(angle) * radius);
      }
    },
    0.008,
    STEEL,
    0.9,
  );
}

/** A bicycle going towards `to`; `at` is the ground between the wheels, sizes in heights of the rider. */
export const bike: DrawProp = (brush, { at, to, size, color }) => {
  const side = Math.sign(to.x - at.x);
  const p = (x: number, y: number): { x: number; y: number } => vec(side * x, -y);
  brush.within(at, 0, size, () => {
    wheel(brush, side * -0.26, -0.17, 0.15, 0.03);
    wheel(brush, side * 0.27, -0.17, 0.15, 0.03);
    const bars = [
      [p(-0.26, 0.17), p(-0.02, 0.17)],
      [p(-0.02, 0.17), p(-0.1, 0.36)],
      [p(-0.26, 0.17), p(-0.09, 0.33)],
      [p(-0.09, 0.33), p(0.19, 0.36)],
      [p(-0.02, 0.17), p(0.19, 0.36)],
      [p(0.27, 0.17), p(0.18, 0.47)],
    ] as const;
    for (const [from, end] of bars) rod(brush, from, end, 0.028, color);
    rod(brush, p(0.12, 0.48), p(0.22, 0.46), 0.03, RUBBER);
    rod(brush, p(-0.16, 0.375), p(-0.04, 0.37), 0.042, [96, 64, 54]);
    brush.ellipse(side * -0.02, -0.17, 0.042, 0.042, 0, STEEL);
  });
};

/** A motorbike going towards `to`; `at` is the ground between the wheels. */
export const motorbike: DrawProp = (brush, { at, to, size, color }) => {
  const side = Math.sign(to.x - at.x);
  const x = (u: number): number => side * u;
  brush.within(at, 0, size, () => {
    for (const u of [-0.29, 0.32]) {
      brush.ellipse(x(u), -0.15, 0.155, 0.155, 0, RUBBER);
      brush.ellipse(x(u), -0.15, 0.075, 0.075, 0, STEEL);
    }
    rod(brush, vec(x(0.32), -0.15), vec(x(0.21), -0.44), 0.04, STEEL);
    rod(brush, vec(x(-0.3), -0.12), vec(x(0.02), -0.13), 0.05, [176, 180, 192]);
    brush.solid(
      (path) => {
        path.moveTo(x(-0.4), -0.34);
        path.quadraticCurveTo(x(-0.2), -0.34, x(-0.06), -0.31);
        path.quadraticCurveTo(x(0.06), -0.42, x(0.22), -0.38);
        path.quadraticCurveTo(x(0.26), -0.28, x(0.12), -0.2);
        path.lineTo(x(-0.18), -0.19);
        path.quadraticCurveTo(x(-0.32), -0.22, x(-0.4), -0.34);
        path.closePath();
      },
      color,
      { x: x(-0.05), y: -0.29, rx: 0.34, ry: 0.15 },
    );
    rod(brush, vec(x(-0.34), -0.345), vec(x(-0.08), -0.335), 0.05, [70, 58, 62]);
    brush.ellipse(x(0.25), -0.4, 0.055, 0.06, 0, [255, 240, 180]);
    rod(brush, vec(x(0.1), -0.48), vec(x(0.21), -0.45), 0.03, RUBBER);
  });
};

/** A horse walking towards `to`; `at` is the ground under its belly. */
export const horse: DrawProp = (brush, { at, to, size, color }) => {
  const side = Math.sign(to.x - at.x);
  const x = (u: number): number => side * u;
  const mane: Rgb = darker(color, 0.55);
  brush.within(at, 0, size, () => {
    brush.tube(
      (path, dx, dy) => {
        path.moveTo(x(-0.28) + dx, -0.42 + dy);
        path.quadraticCurveTo(x(-0.44) + dx, -0.4 + dy, x(-0.4) + dx, -0.18 + dy);
      },
      0.07,
      mane,
    );
    for (const [top, foot, far] of [
      [-0.2, -0.26, true],
      [0.26, 0.3, true],
      [-0.24, -0.18, false],
      [0.2, 0.2, false],
    ] as const) {
      rod(brush, vec(x(top), -0.3), vec(x(foot), -0.045), 0.075, far ? darker(color, 0.2) : color);
      brush.ellipse(x(foot), -0.03, 0.05, 0.032, 0, mane);
    }
    brush.tube(
      (path, dx, dy) => {
        path.moveTo(x(0.24) + dx, -0.4 + dy);
        path.lineTo(x(0.37) + dx, -0.62 + dy);
      },
      0.14,
      color,
    );
    brush.ellipse(0, -0.37, 0.31, 0.14, 0, color);
    brush.line(
      (path) => {
        path.moveTo(x(0.19), -0.46);
        path.quadraticCurveTo(x(0.24), -0.6, x(0.33), -0.7);
      },
      0.06,
      mane,
    );
    brush.solid(
      (path) => {
        path.moveTo(x(0.33), -0.7);
        path.lineTo(x(0.35), -0.82);
        path.lineTo(x(0.41), -0.7);
        path.closePath();
      },
      color,
      { x: x(0.36), y: -0.75, rx: 0.06, ry: 0.08 },
    );
    brush.ellipse(x(0.43), -0.63, 0.14, 0.085, side * 0.5, color);
    brush.spot(x(0.51), -0.585, 0.055, 0.05, lighter(color, 0.5), 1, side * 0.5);
    brush.spot(x(0.41), -0.66, 0.02, 0.024, [40, 28, 36]);
    brush.line(
      (path) => {
        path.moveTo(x(0.47), -0.55);
        path.lineTo(x(0.15), -0.6);
      },
      0.018,
      [110, 60, 50],
    );
  });
};
