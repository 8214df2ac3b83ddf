import { add, times, vec } from '../geometry.ts';
import { isPerson } from '../identity.ts';
import { darker } from '../palette.ts';
import { EYE_X, eyeHeight, FACE_SHIFT, type Figure } from '../skeleton.ts';
import { type Brush } from './brush.ts';
import { type Coat } from './coat.ts';

/** Hat, bow or glasses. Head frame. */
export function drawHeadwear(brush: Brush, figure: Figure, coat: Coat): void {
  const { identity, pose } = figure;
  const top = isPerson(identity.species) ? -0.98 : identity.species === 'sheep' ? -1.12 : -0.82;
  if (identity.accessory === 'hat') {
    const x = pose.look * 0.08;
    brush.solid(
      (context) => {
        context.moveTo(x - 0.5, top + 0.04);
        context.bezierCurveTo(x - 0.56, top - 0.72, x + 0.56, top - 0.72, x + 0.5, top + 0.04);
        context.closePath();
      },
      coat.accessory,
      { x, y: top - 0.25, rx: 0.6, ry: 0.5 },
    );
    brush.ellipse(x, top + 0.02, 0.84, 0.15, 0, coat.accessory);
    brush.line(
      (context) => {
        context.moveTo(x - 0.5, top - 0.08);
        context.quadraticCurveTo(x, top + 0.02, x + 0.5, top - 0.08);
      },
      0.12,
      darker(coat.accessory, 0.35),
    );
  }
  if (identity.accessory === 'bow') {
    const x = 0.5 + pose.look * 0.1;
    for (const side of [-1, 1]) {
      brush.solid(
        (context) => {
          context.moveTo(x, top + 0.02);
          context.quadraticCurveTo(x + side * 0.3, top - 0.44, x + side * 0.54, top - 0.3);
          context.quadraticCurveTo(x + side * 0.6, top + 0.02, x + side * 0.52, top + 0.3);
          context.quadraticCurveTo(x + side * 0.3, top + 0.36, x, top + 0.02);
          context.closePath();
        },
        coat.accessory,
        { x: x + side * 0.3, y: top, rx: 0.4, ry: 0.4 },
      );
    }
    brush.ellipse(x, top + 0.02, 0.14, 0.15, 0, coat.accessory);
  }
  if (identity.accessory === 'glasses') {
    const shift = pose.look * FACE_SHIFT;
    const squeeze = 1 - 0.2 * Math.abs(pose.look);
    const y = eyeHeight(identity.species) + 0.03;
    for (const side of [-1, 1]) {
      const x = side * EYE_X * squeeze + shift;
      brush.spot(x, y, 0.3, 0.28, [255, 255, 255], 0.2);
      brush.line(
        (context) => {
          context.ellipse(x, y, 0.3, 0.28, 0, 0, Math.PI * 2);
        },
        0.1,
        coat.accessory,
      );
    }
    brush.line(
      (context) => {
        context.moveTo(shift - 0.12, y - 0.02);
        context.lineTo(shift + 0.12, y - 0.02);
      },
      0.09,
      coat.accessory,
    );
  }
}

/** A scarf round the neck, or the collar of a cape; drawn after the head's chin. */
export function drawNeckwear(brush: Brush, figure: Figure, coat: Coat): void {
  const { identity, pose, proportions: p } = figure;
  const h = pose.height;
  if (identity.accessory === 'scarf') {
    brush.within(add(figure.neck, times(figure.up, -0.012 * h)), pose.lean, h, () => {
      const w = p.shoulderHalf * 0.95;
      const x = pose.facing * (0.02 + pose.turn * 0.02) + 0.015;
      brush.tube(
        (context, dx, dy) => {
          context.moveTo(x + dx, 0.02 + dy);
          context.quadraticCurveTo(x + 0.012 + dx, 0.08 + dy, x + dx, 0.135 + dy);
        },
        0.062,
        coat.accessory,
      );
      brush.tube(
        (context, dx, dy) => {
          context.moveTo(-w + dx, -0.012 + dy);
          context.quadraticCurveTo(dx, 0.05 + dy, w + dx, -0.012 + dy);
        },
        0.066,
        coat.accessory,
      );
      brush.line(
        (context) => {
          context.moveTo(x - 0.028, 0.1);
          context.lineTo(x + 0.028, 0.1);
        },
        0.012,
        darker(coat.accessory, 0.35),
      );
    });
  }
}

/** A cape behind the body. */
export function drawCape(brush: Brush, figure: Figure, coat: Coat): void {
  if (figure.identity.accessory !== 'cape') return;
  const { pose, proportions: p } = figure;
  const h = pose.height;
  const sweep = -pose.facing * (0.04 + pose.turn * 0.13);
  brush.within(figure.neck, pose.lean, h, () => {
    const w = p.torsoWidth;
    brush.solid(
      (context) => {
        context.moveTo(-w * 0.7, 0);
        context.lineTo(w * 0.7, 0);
        context.quadraticCurveTo(w * 1.2 + sweep * 0.5, 0.2, w * 1.55 + sweep, 0.44);
        context.quadraticCurveTo(sweep, 0.5, -w * 1.55 + sweep, 0.44);
        context.quadraticCurveTo(-w * 1.2 + sweep * 0.5, 0.2, -w * 0.7, 0);
        context.closePath();
      },
      coat.accessory,
      { x: sweep, y: 0.2, rx: w * 1.9, ry: 0.34 },
    );
  });
}

/** The clasp of a cape, in front. */
export function drawClasp(brush: Brush, figure: Figure, coat: Coat): void {
  if (figure.identity.accessory !== 'cape') return;
  const h = figure.pose.height;
  const w = figure.proportions.shoulderHalf * h * 0.85;
  const at = add(figure.neck, vec(figure.pose.look * 0.02 * h, 0.015 * h));
  brush.tube(
    (context, dx, dy) => {
      context.moveTo(at.x - w + dx, at.y - 0.01 * h + dy);
      context.quadraticCurveTo(at.x + dx, at.y + 0.045 * h + dy, at.x + w + dx, at.y - 0.01 * h + dy);
    },
    0.03 * h,
    coat.accessory,
  );
}
