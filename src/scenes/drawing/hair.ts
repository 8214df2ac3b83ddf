import { type Figure } from '../skeleton.ts';
import { type Brush } from './brush.ts';
import { type Coat } from './coat.ts';

/** Hair behind the face. Head frame. */
export function drawBackHair(brush: Brush, figure: Figure, coat: Coat): void {
  const drift = -figure.pose.look * 0.16;
  const mass = (wide: number, low: number): void => {
    brush.solid(
      (context) => {
        context.moveTo(-wide + drift, low);
        context.bezierCurveTo(-wide * 1.15 + drift, -1.45, wide * 1.15 + drift, -1.45, wide + drift, low);
        context.quadraticCurveTo(drift, low + 0.22, -wide + drift, low);
        context.closePath();
      },
      coat.hair,
      { x: drift, y: -0.2, rx: wide * 1.15, ry: 1.3 },
    );
  };
  switch (figure.identity.hair) {
    case 'short':
      mass(1.03, 0.1);
      break;
    case 'bob':
      mass(1.16, 0.72);
      break;
    case 'long':
      mass(1.18, 1.5);
      break;
    case 'bun':
      brush.ellipse(drift, -1.14, 0.4, 0.38, 0, coat.hair);
      mass(1.04, 0.2);
      break;
    case 'curly':
      for (const [x, y] of [
        [-0.92, 0.1],
        [0.92, 0.1],
        [-0.95, -0.45],
        [0.95, -0.45],
        [-0.5, -0.9],
        [0.5, -0.9],
        [0, -1.02],
      ] as const) {
        brush.ellipse(x + drift, y, 0.44, 0.42, 0, coat.hair);
      }
      break;
  }
}

/** Fringe over the forehead. */
export function drawFrontHair(brush: Brush, figure: Figure, coat: Coat): void {
  const drift = figure.pose.look * 0.12;
  const parting = figure.identity.hair === 'short' || figure.identity.hair === 'bun' ? 0.45 : -0.3;
  brush.solid(
    (context) => {
      context.moveTo(-0.98, -0.1);
      context.bezierCurveTo(-1.02, -1.25, 1.02, -1.25, 0.98, -0.1);
      context.quadraticCurveTo(0.88, -0.5, parting + drift, -0.62);
      context.quadraticCurveTo(parting - 0.5 + drift, -0.3, -0.98, -0.1);
      context.closePath();
    },
    coat.hair,
    { x: -0.1, y: -0.5, rx: 1.05, ry: 0.75 },
  );
}
