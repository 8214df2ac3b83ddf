import { type Context2D } from '../canvas.ts';
import { add, lerp, subtract, times, unit, vec, type Vec } from '../geometry.ts';
import { isPerson } from '../identity.ts';
import { css, darker, type Rgb } from '../palette.ts';
import { type Figure, type Limb } from '../skeleton.ts';
import { type Brush } from './brush.ts';
import { type Coat } from './coat.ts';

function bend(limb: Limb): (context: Context2D, dx: number, dy: number) => void {
  const a = lerp(limb.root, limb.middle, 0.62);
  const b = lerp(limb.end, limb.middle, 0.62);
  return (context, dx, dy) => {
    context.moveTo(limb.root.x + dx, limb.root.y + dy);
    context.bezierCurveTo(a.x + dx, a.y + dy, b.x + dx, b.y + dy, limb.end.x + dx, limb.end.y + dy);
  };
}

/** Stripes across, or spots along, a limb. */
function marks(
  figure: Figure,
  limb: Limb,
  width: number,
  color: Rgb,
  trace: (context: Context2D) => void,
): (context: Context2D) => void {
  const h = figure.pose.height;
  return (context) => {
    if (figure.identity.pattern === 'stripes') {
      context.lineCap = 'butt';
      context.beginPath();
      trace(context);
      context.lineWidth = width;
      context.strokeStyle = css(color);
      context.setLineDash([0.038 * h, 0.04 * h]);
      context.stroke();
      context.setLineDash([]);
      context.lineCap = 'round';
    } else if (figure.identity.pattern === 'spots') {
      context.fillStyle = css(color);
      for (const t of [0.3, 0.75]) {
        const at = t < 0.5 ? lerp(limb.root, limb.middle, t * 2) : lerp(limb.middle, limb.end, t * 2 - 1);
        context.beginPath();
        context.arc(at.x, at.y, width * 0.27, 0, Math.PI * 2);
        context.fill();
      }
    }
  };
}

function drawLimb(
  brush: Brush,
  figure: Figure,
  limb: Limb,
  width: number,
  color: Rgb,
  marked: boolean,
  mark: Rgb,
): void {
  const trace = bend(limb);
  const plain = (context: Context2D): void => {
    trace(context, 0, 0);
  };
  brush.tube(trace, width, color, marked ? marks(figure, limb, width, mark, plain) : undefined);
}

/** An arm with its paw. */
export function drawArm(brush: Brush, figure: Figure, limb: Limb, coat: Coat): void {
  const h = figure.pose.height;
  const width = figure.proportions.armWidth * h;
  const person = isPerson(figure.identity.species);
  const covered = figure.identity.outfit === 'shirt' && !person;
  drawLimb(brush, figure, limb, width, coat.arm, !covered && figure.identity.species !== 'panda', coat.mark);
  if (person || covered || figure.identity.style !== 'pet') {
    const r = width * (person ? 0.55 : 0.6);
    brush.ellipse(limb.end.x, limb.end.y, r, r, 0, coat.hand);
  }
  if (figure.identity.style === 'plush') seam(brush, limb, h, coat.arm);
}

/** A leg with its foot, which points where the character faces. */
export function drawLeg(brush: Brush, figure: Figure, limb: Limb, coat: Coat, outward: number): void {
  const h = figure.pose.height;
  const { pose, identity } = figure;
  const width = figure.proportions.legWidth * h;
  const bird = identity.species === 'penguin' || identity.species === 'duck';
  const person = isPerson(identity.species);
  const bare = identity.outfit !== 'overalls' && !person && !bird && identity.species !== 'panda';
  drawLimb(brush, figure, limb, bird ? width * 0.62 : width, coat.leg, bare, coat.mark);
  const shin = unit(subtract(limb.end, limb.middle), vec(0, 1));
  const forward = pose.turn > 0.3 ? pose.facing : outward;
  // The foot is the shin turned by a right angle towards the front.
  const toe = vec(shin.y * forward, -shin.x * forward);
  const center = add(limb.end, add(times(toe, 0.028 * h), times(shin, 0.006 * h)));
  brush.ellipse(center.x, center.y, 0.072 * h, 0.046 * h, Math.atan2(toe.y, toe.x), coat.foot);
}

function seam(brush: Brush, limb: Limb, h: number, color: Rgb): void {
  const across = unit(vec(-(limb.end.y - limb.middle.y), limb.end.x - limb.middle.x));
  const at = lerp(limb.middle, limb.end, 0.55);
  const from: Vec = add(at, times(across, 0.035 * h));
  const to: Vec = add(at, times(across, -0.035 * h));
  brush.line(
    (context) => {
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
    },
    0.008 * h,
    darker(color, 0.45),
    0.8,
    [0.012 * h, 0.01 * h],
  );
}

/** The tail, behind everything. */
export function drawTail(brush: Brush, figure: Figure, coat: Coat): void {
  const { pose, identity } = figure;
  const h = pose.height;
  const back = -pose.facing;
  const root = add(
    add(pose.hip, times(figure.right, back * figure.proportions.torsoWidth * 0.8 * h)),
    times(figure.up, 0.03 * h),
  );
  const to = (x: number, y: number): Vec =>
    add(root, add(times(figure.right, back * x * h), times(figure.up, y * h)));
  const curl = (middle: Vec, end: Vec, width: number, color: Rgb): void => {
    brush.tube(
      (context, dx, dy) => {
        context.moveTo(root.x + dx, root.y + dy);
        context.quadraticCurveTo(middle.x + dx, middle.y + dy, end.x + dx, end.y + dy);
      },
      width * h,
      color,
    );
  };
  switch (identity.species) {
    case 'cat':
      curl(to(0.17, -0.02), to(0.14, 0.17), 0.052, coat.tail);
      break;
    case 'mouse':
      curl(to(0.19, -0.06), to(0.16, 0.14), 0.028, coat.tail);
      break;
    case 'dog':
      curl(to(0.1, 0.02), to(0.12, 0.14), 0.058, coat.tail);
      break;
    case 'fox': {
      curl(to(0.17, -0.03), to(0.15, 0.12), 0.1, coat.tail);
      const tip = to(0.15, 0.14);
      brush.ellipse(tip.x, tip.y, 0.05 * h, 0.05 * h, 0, coat.muzzle);
      break;
    }
    case 'lion': {
      curl(to(0.19, -0.04), to(0.16, 0.14), 0.034, coat.tail);
      const tuft = to(0.16, 0.16);
      brush.ellipse(tuft.x, tuft.y, 0.042 * h, 0.042 * h, 0, coat.mark);
      break;
    }
    case 'pig':
      curl(to(0.07, 0.05), to(0.03, 0.09), 0.024, coat.tail);
      break;
    case 'bear':
    case 'panda':
    case 'rabbit':
    case 'sheep': {
      const ball = to(0.02, 0);
      const r = (identity.species === 'rabbit' ? 0.06 : 0.048) * h;
      brush.ellipse(ball.x, ball.y, r, r, 0, identity.species === 'rabbit' ? coat.muzzle : coat.tail);
      break;
    }
    case 'penguin':
    case 'duck':
    case 'frog':
    case 'boy':
    case 'girl':
    case 'man':
    case 'woman':
    case 'robot':
      break;
  }
}
