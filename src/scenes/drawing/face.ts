import { isPerson } from '../identity.ts';
import { darker, lighter, type Rgb } from '../palette.ts';
import { EYE_X, eyeHeight, FACE_SHIFT, type Figure } from '../skeleton.ts';
import { type Brush } from './brush.ts';
import { type Coat } from './coat.ts';

const SIDES = [-1, 1] as const;
const WHITE: Rgb = [255, 255, 252];
const BLUSH: Rgb = [240, 110, 110];

/** Muzzle or beak, eyes, nose, mouth and cheeks. Head frame. */
export function drawFace(brush: Brush, figure: Figure, coat: Coat): void {
  const { look } = figure.pose;
  const shift = look * FACE_SHIFT;
  drawMuzzle(brush, figure, coat, shift);
  const squeeze = 1 - 0.2 * Math.abs(look);
  for (const side of SIDES) {
    const x = side * EYE_X * squeeze + shift;
    drawEye(brush, figure, coat, x, eyeHeight(figure.identity.species), look);
    brush.spot(x + side * 0.18, 0.28, 0.16, 0.11, BLUSH, 0.32);
  }
  drawMouth(brush, figure, coat, shift);
}

function drawMuzzle(brush: Brush, figure: Figure, coat: Coat, shift: number): void {
  const { species } = figure.identity;
  switch (species) {
    case 'pig':
      brush.ellipse(shift * 1.3, 0.26, 0.34, 0.25, 0, coat.muzzle);
      for (const side of SIDES)
        brush.spot(shift * 1.35 + side * 0.13, 0.26, 0.055, 0.09, darker(coat.muzzle, 0.6));
      break;
    case 'duck':
    case 'penguin':
      brush.solid(
        (context) => {
          const x = shift * 1.35;
          const wide = species === 'duck' ? 0.42 : 0.26;
          context.moveTo(x - wide, 0.2);
          context.quadraticCurveTo(x, -0.02, x + wide, 0.2);
          context.quadraticCurveTo(x + wide * 0.7, 0.5, x, 0.46);
          context.quadraticCurveTo(x - wide * 0.7, 0.5, x - wide, 0.2);
          context.closePath();
        },
        [244, 150, 52],
        { x: shift * 1.35, y: 0.22, rx: 0.45, ry: 0.36 },
      );
      break;
    case 'bear':
    case 'panda':
    case 'dog':
    case 'lion':
    case 'fox':
    case 'cat':
    case 'mouse':
    case 'rabbit':
    case 'sheep': {
      const wide = species === 'fox' ? 0.6 : species === 'dog' ? 0.54 : 0.48;
      brush.spot(shift * 1.15, 0.38, wide, 0.34, coat.muzzle);
      brush.spot(
        shift * 1.3,
        0.2,
        species === 'dog' ? 0.19 : 0.145,
        species === 'dog' ? 0.14 : 0.105,
        coat.nose,
      );
      brush.spot(shift * 1.3 - 0.04, 0.165, 0.045, 0.03, WHITE, 0.7);
      break;
    }
    case 'boy':
    case 'girl':
    case 'man':
    case 'woman':
      brush.spot(shift * 1.3, 0.2, 0.075, 0.065, coat.nose, 0.8);
      break;
    case 'frog':
    case 'robot':
      break;
  }
}

function drawEye(brush: Brush, figure: Figure, coat: Coat, x: number, y: number, look: number): void {
  const { identity, pose } = figure;
  if (identity.species === 'panda')
    brush.spot(x + (x > 0 ? 0.04 : -0.04), y + 0.05, 0.25, 0.3, coat.ear, 1, x > 0 ? -0.5 : 0.5);
  if (pose.eyes === 'closed') {
    const color = identity.species === 'panda' ? WHITE : coat.eye;
    brush.line(
      (context) => {
        context.moveTo(x - 0.17, y - 0.02);
        context.quadraticCurveTo(x, y + 0.17, x + 0.17, y - 0.02);
      },
      0.075,
      color,
    );
    return;
  }
  switch (identity.eyes) {
    case 'round':
      brush.spot(x, y, 0.235, 0.27, darker(coat.head, 0.4));
      brush.spot(x, y, 0.21, 0.245, WHITE);
      brush.spot(x + look * 0.07, y + 0.025, 0.135, 0.165, coat.eye);
      break;
    case 'button':
      if (identity.species === 'panda' || identity.main === 'black')
        brush.spot(x, y, 0.215, 0.215, WHITE, 0.9);
      brush.spot(x, y, 0.175, 0.175, [34, 26, 36]);
      brush.spot(x, y, 0.12, 0.12, [82, 64, 74]);
      break;
    case 'dot':
      if (identity.species === 'panda' || identity.main === 'black') brush.spot(x, y, 0.17, 0.2, WHITE, 0.9);
      brush.spot(x, y, 0.13, 0.165, coat.eye);
      break;
  }
  brush.spot(x - 0.045 + look * 0.05, y - 0.065, 0.052, 0.06, WHITE, 0.95);
}

function drawMouth(brush: Brush, figure: Figure, coat: Coat, shift: number): void {
  const { pose, identity } = figure;
  if (identity.species === 'duck' || identity.species === 'penguin') {
    brush.line(
      (context) => {
        context.moveTo(shift * 1.35 - 0.2, 0.26);
        context.quadraticCurveTo(shift * 1.35, 0.34, shift * 1.35 + 0.2, 0.26);
      },
      0.05,
      [170, 84, 30],
    );
    return;
  }
  const x = shift * 1.25;
  const y = identity.species === 'pig' ? 0.6 : isPerson(identity.species) ? 0.44 : 0.42;
  const ink =
    identity.main === 'black' && identity.species === 'robot'
      ? lighter(coat.head, 0.7)
      : darker(coat.eye, 0.1);
  const wide = identity.species === 'frog' ? 0.5 : 0.2;
  switch (pose.mouth) {
    case 'smile':
      brush.line(
        (context) => {
          context.moveTo(x - wide, y);
          context.quadraticCurveTo(x, y + 0.22, x + wide, y);
        },
        0.062,
        ink,
      );
      break;
    case 'open':
      brush.spot(x, y + 0.1, 0.19, 0.2, [96, 30, 40]);
      brush.spot(x, y + 0.2, 0.12, 0.08, [236, 110, 120]);
      break;
    case 'kiss':
      brush.spot(x + pose.look * 0.1, y + 0.05, 0.085, 0.085, [214, 70, 92]);
      break;
    case 'grim':
      brush.line(
        (context) => {
          context.moveTo(x - 0.16, y + 0.1);
          context.lineTo(x + 0.16, y + 0.06);
        },
        0.062,
        ink,
      );
      break;
  }
}
