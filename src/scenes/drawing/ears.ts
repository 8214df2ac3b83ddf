import { type Figure } from '../skeleton.ts';
import { type Brush } from './brush.ts';
import { type Coat } from './coat.ts';

const SIDES = [-1, 1] as const;

/** Ears that stand behind the skull. Head frame: x right, y down, in head radii. */
export function drawBackEars(brush: Brush, figure: Figure, coat: Coat): void {
  const drift = -figure.pose.look * 0.14;
  switch (figure.identity.species) {
    case 'bear':
    case 'panda':
    case 'lion':
      if (figure.identity.species === 'lion') drawMane(brush, figure, coat);
      for (const side of SIDES) {
        const x = side * 0.74 + drift;
        brush.ellipse(x, -0.7, 0.36, 0.36, 0, coat.ear, () => {
          brush.spot(
            x + 0.02,
            -0.66,
            0.2,
            0.2,
            figure.identity.species === 'panda' ? coat.ear : coat.innerEar,
          );
        });
      }
      break;
    case 'mouse':
      for (const side of SIDES) {
        const x = side * 0.9 + drift;
        brush.ellipse(x, -0.68, 0.54, 0.54, 0, coat.ear, () => {
          brush.spot(x + 0.02, -0.64, 0.35, 0.35, coat.innerEar);
        });
      }
      break;
    case 'rabbit':
      for (const side of SIDES) {
        const x = side * 0.42 + drift;
        brush.ellipse(x, -1.28, 0.25, 0.66, side * 0.17, coat.ear, () => {
          brush.spot(x, -1.24, 0.12, 0.46, coat.innerEar, 1, side * 0.17);
        });
      }
      break;
    case 'cat':
    case 'fox': {
      const tip = figure.identity.species === 'fox' ? -1.5 : -1.32;
      for (const side of SIDES) {
        const at = (x: number): number => side * x + drift;
        brush.solid(
          (context) => {
            context.moveTo(at(1), -0.15);
            context.quadraticCurveTo(at(1.02), tip * 0.75, at(0.84), tip);
            context.quadraticCurveTo(at(0.45), tip * 0.85, at(0.16), -0.85);
            context.closePath();
          },
          coat.ear,
          { x: at(0.7), y: -0.8, rx: 0.5, ry: 0.7 },
          () => {
            brush.detail((context) => {
              context.moveTo(at(0.86), -0.45);
              context.lineTo(at(0.8), tip + 0.22);
              context.lineTo(at(0.38), -0.8);
              context.closePath();
            }, coat.innerEar);
          },
        );
      }
      break;
    }
    case 'pig':
      for (const side of SIDES) {
        const at = (x: number): number => side * x + drift;
        brush.solid(
          (context) => {
            context.moveTo(at(0.92), -0.4);
            context.quadraticCurveTo(at(1.2), -0.8, at(1.06), -1.12);
            context.quadraticCurveTo(at(0.6), -1.1, at(0.3), -0.85);
            context.closePath();
          },
          coat.ear,
          { x: at(0.8), y: -0.8, rx: 0.5, ry: 0.5 },
          () => {
            brush.spot(at(0.86), -0.84, 0.16, 0.2, coat.innerEar);
          },
        );
      }
      break;
    case 'frog':
      for (const side of SIDES)
        brush.ellipse(side * 0.52 + drift + figure.pose.look * 0.3, -0.78, 0.36, 0.36, 0, coat.head);
      break;
    case 'robot':
      brush.tube(
        (context, dx, dy) => {
          context.moveTo(dx, -0.9 + dy);
          context.lineTo(dx, -1.3 + dy);
        },
        0.1,
        coat.ear,
      );
      brush.ellipse(0, -1.38, 0.16, 0.16, 0, coat.mark);
      for (const side of SIDES) brush.ellipse(side * 1.0, 0, 0.16, 0.26, 0, coat.mark);
      break;
    case 'dog':
    case 'sheep':
    case 'penguin':
    case 'duck':
    case 'boy':
    case 'girl':
    case 'man':
    case 'woman':
      break;
  }
}

function drawMane(brush: Brush, figure: Figure, coat: Coat): void {
  const drift = -figure.pose.look * 0.1;
  const petals = 11;
  brush.solid(
    (context) => {
      for (let index = 0; index <= petals; index += 1) {
        const angle = (index / petals) * Math.PI * 2;
        const middle = angle - Math.PI / petals;
        const x = Math.cos(angle) * 1.28 + drift;
        const y = Math.sin(angle) * 1.2;
        if (index === 0) context.moveTo(x, y);
        else context.quadraticCurveTo(Math.cos(middle) * 1.62 + drift, Math.sin(middle) * 1.5, x, y);
      }
      context.closePath();
    },
    coat.mark,
    { x: drift, y: 0, rx: 1.45, ry: 1.4 },
  );
}

/** Ears and wool that hang over the skull. */
export function drawFrontEars(brush: Brush, figure: Figure, coat: Coat): void {
  const { look } = figure.pose;
  if (figure.identity.species === 'dog') {
    for (const side of SIDES)
      brush.ellipse(side * 0.98 - look * 0.16, -0.02, 0.27, 0.56, side * -0.28, coat.ear);
  }
  if (figure.identity.species === 'sheep') {
    for (const side of SIDES)
      brush.ellipse(side * 1.08 - look * 0.14, -0.12, 0.34, 0.2, side * 0.35, coat.head);
    brush.solid(
      (context) => {
        context.moveTo(-0.92, -0.42);
        context.bezierCurveTo(-1.3, -0.95, -0.7, -1.2, -0.55, -1.02);
        context.bezierCurveTo(-0.4, -1.42, 0.35, -1.42, 0.45, -1.05);
        context.bezierCurveTo(0.75, -1.25, 1.3, -0.9, 0.92, -0.42);
        context.bezierCurveTo(0.75, -0.2, 0.5, -0.35, 0.42, -0.45);
        context.bezierCurveTo(0.25, -0.25, -0.2, -0.25, -0.35, -0.45);
        context.bezierCurveTo(-0.5, -0.3, -0.75, -0.2, -0.92, -0.42);
        context.closePath();
      },
      coat.muzzle,
      { x: 0, y: -0.75, rx: 1.1, ry: 0.7 },
    );
  }
}
