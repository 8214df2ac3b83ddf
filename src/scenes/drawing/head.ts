import { isPerson } from '../identity.ts';
import { lighter } from '../palette.ts';
import { type Figure } from '../skeleton.ts';
import { type Brush } from './brush.ts';
import { type Coat } from './coat.ts';
import { drawBackEars, drawFrontEars } from './ears.ts';
import { drawFace } from './face.ts';
import { drawBackHair, drawFrontHair } from './hair.ts';
import { drawHeadwear } from './clothes.ts';

const SIDES = [-1, 1] as const;

/** The head with ears or hair, face and what is worn on it. */
export function drawHead(brush: Brush, figure: Figure, coat: Coat): void {
  const { identity } = figure;
  brush.within(figure.head, figure.headAngle, figure.headRadius, () => {
    drawBackEars(brush, figure, coat);
    if (isPerson(identity.species)) drawBackHair(brush, figure, coat);
    drawSkull(brush, figure, coat);
    drawFrontEars(brush, figure, coat);
    drawFace(brush, figure, coat);
    if (isPerson(identity.species)) drawFrontHair(brush, figure, coat);
    drawHeadwear(brush, figure, coat);
  });
}

function drawSkull(brush: Brush, figure: Figure, coat: Coat): void {
  const { identity, pose } = figure;
  const { species } = identity;
  const marks = (): void => {
    drawMarks(brush, figure, coat);
  };
  if (species === 'robot') {
    brush.solid(
      (context) => {
        context.moveTo(-0.7, -0.92);
        context.lineTo(0.7, -0.92);
        context.quadraticCurveTo(1, -0.92, 1, -0.62);
        context.lineTo(1, 0.55);
        context.quadraticCurveTo(1, 0.85, 0.7, 0.85);
        context.lineTo(-0.7, 0.85);
        context.quadraticCurveTo(-1, 0.85, -1, 0.55);
        context.lineTo(-1, -0.62);
        context.quadraticCurveTo(-1, -0.92, -0.7, -0.92);
        context.closePath();
      },
      coat.head,
      { x: 0, y: 0, rx: 1.1, ry: 1.05 },
      () => {
        brush.detail((context) => {
          context.rect(pose.look * 0.22 - 0.74, -0.46, 1.48, 1.12);
        }, coat.muzzle);
      },
    );
    return;
  }
  if (isPerson(species)) {
    for (const side of SIDES) brush.ellipse(side * 0.94 - pose.look * 0.2, 0.08, 0.17, 0.2, 0, coat.ear);
    brush.ellipse(0, 0.02, 0.96, 0.98, 0, coat.head);
    return;
  }
  const wide =
    species === 'fox'
      ? 1.12
      : species === 'frog'
        ? 1.16
        : species === 'penguin' || species === 'duck'
          ? 1
          : 1.07;
  if (identity.style === 'pet') {
    brush.solid(
      (context) => {
        // Cheek fur: two tufts a side.
        context.ellipse(0, 0, wide, 0.94, 0, Math.PI * 0.86, Math.PI * 2.14);
        context.lineTo(wide * 1.16, 0.5);
        context.lineTo(wide * 0.86, 0.56);
        context.lineTo(wide * 0.86, 0.8);
        context.quadraticCurveTo(0, 1.12, -wide * 0.86, 0.8);
        context.lineTo(-wide * 0.86, 0.56);
        context.lineTo(-wide * 1.16, 0.5);
        context.closePath();
      },
      coat.head,
      { x: 0, y: 0, rx: wide * 1.06, ry: 1 },
      marks,
    );
    return;
  }
  brush.solid(
    (context) => {
      context.ellipse(0, 0, wide, 0.94, 0, 0, Math.PI * 2);
    },
    coat.head,
    { x: 0, y: 0, rx: wide * 1.04, ry: 0.98 },
    marks,
  );
}

function drawMarks(brush: Brush, figure: Figure, coat: Coat): void {
  const { identity, pose } = figure;
  const shift = pose.look * 0.3;
  if (identity.species === 'penguin') {
    for (const side of SIDES)
      brush.spot(shift * 1.3 + side * 0.34, 0.14, 0.46, 0.56, lighter(coat.mark, 0.7));
    return;
  }
  if (identity.pattern === 'stripes') {
    for (const x of [-0.3, 0, 0.3]) {
      brush.line(
        (context) => {
          context.moveTo(x + shift, -1);
          context.lineTo(x * 0.8 + shift, -0.58);
        },
        0.14,
        coat.mark,
      );
    }
    for (const side of SIDES)
      brush.line(
        (context) => {
          context.moveTo(side * 1.1, 0.2);
          context.lineTo(side * 0.84 + shift * 0.4, 0.22);
        },
        0.13,
        coat.mark,
      );
  }
  if (identity.pattern === 'spots') {
    brush.spot(shift - 0.46, -0.58, 0.19, 0.17, coat.mark);
    brush.spot(shift + 0.22, -0.7, 0.16, 0.14, coat.mark);
    brush.spot(shift * 0.4 + 0.86, -0.1, 0.16, 0.16, coat.mark);
  }
  if (identity.pattern === 'two-tone') brush.spot(shift * 0.4 + 0.72, -0.5, 0.72, 0.66, coat.mark);
}
