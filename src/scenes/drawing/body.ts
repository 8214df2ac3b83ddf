import { type Context2D } from '../canvas.ts';
import { isPerson, type Identity } from '../identity.ts';
import { darker, lighter } from '../palette.ts';
import { type Figure } from '../skeleton.ts';
import { type Brush } from './brush.ts';
import { type Coat } from './coat.ts';

/** The trunk in a frame at the hip: x to the right, y down, in character heights. */
export function drawBody(brush: Brush, figure: Figure, coat: Coat): void {
  const { pose, proportions: p, identity } = figure;
  brush.within(pose.hip, pose.lean, pose.height, () => {
    const width = p.torsoWidth * (1 - 0.06 * pose.turn);
    const look = pose.look * 0.3 * width;
    const trace =
      identity.species === 'robot'
        ? boxTrunk(width, p.torso)
        : pearTrunk(width, p.torso, isPerson(identity.species));
    if (identity.outfit === 'dress') drawSkirt(brush, width, coat);
    brush.solid(trace, coat.body, { x: 0, y: -p.torso * 0.42, rx: width * 1.15, ry: p.torso * 0.72 }, () => {
      drawPattern(brush, identity, coat, width, look);
      drawOutfit(brush, identity, coat, width, look, p.torso);
      // The head's shadow on the chest.
      brush.spot(pose.look * 0.02, -p.torso * 1.02, width * 0.95, p.torso * 0.2, [70, 34, 66], 0.2);
    });
    if (identity.style === 'plush' && identity.outfit === 'none') {
      brush.line(
        (context) => {
          context.moveTo(look, -p.torso * 0.72);
          context.quadraticCurveTo(look * 1.4, -p.torso * 0.3, look, 0.03);
        },
        0.008,
        darker(coat.body, 0.45),
        0.75,
        [0.014, 0.012],
      );
    }
    if (identity.style === 'pet' && identity.outfit === 'none') drawChestFur(brush, coat, look, p.torso);
  });
}

function pearTrunk(width: number, torso: number, person: boolean): (context: Context2D) => void {
  const top = -torso * 1.04;
  const shoulder = person ? 1 : 0.78;
  const hip = person ? 0.86 : 1.02;
  return (context) => {
    context.moveTo(0, top);
    context.bezierCurveTo(width * shoulder, top, width * 1.12, -torso * 0.5, width * hip, -0.02);
    context.bezierCurveTo(width * 0.86, 0.09, -width * 0.86, 0.09, -width * hip, -0.02);
    context.bezierCurveTo(-width * 1.12, -torso * 0.5, -width * shoulder, top, 0, top);
    context.closePath();
  };
}

function boxTrunk(width: number, torso: number): (context: Context2D) => void {
  const x = width * 0.95;
  const top = -torso;
  return (context) => {
    context.moveTo(-x + 0.04, top);
    context.lineTo(x - 0.04, top);
    context.quadraticCurveTo(x, top, x, top + 0.04);
    context.lineTo(x * 0.92, 0.01);
    context.quadraticCurveTo(x * 0.9, 0.05, x * 0.7, 0.05);
    context.lineTo(-x * 0.7, 0.05);
    context.quadraticCurveTo(-x * 0.9, 0.05, -x * 0.92, 0.01);
    context.lineTo(-x, top + 0.04);
    context.quadraticCurveTo(-x, top, -x + 0.04, top);
    context.closePath();
  };
}

function drawSkirt(brush: Brush, width: number, coat: Coat): void {
  brush.solid(
    (context) => {
      context.moveTo(-width * 0.7, -0.14);
      context.lineTo(width * 0.7, -0.14);
      context.quadraticCurveTo(width * 1.1, 0, width * 1.6, 0.085);
      context.quadraticCurveTo(0, 0.14, -width * 1.6, 0.085);
      context.quadraticCurveTo(-width * 1.1, 0, -width * 0.7, -0.14);
      context.closePath();
    },
    coat.outfit,
    { x: 0, y: -0.02, rx: width * 1.6, ry: 0.16 },
  );
}

const SPOTS = [
  [-0.55, 0.2],
  [0.5, 0.1],
  [0, 0.36],
  [-0.55, 0.62],
  [0.58, 0.56],
  [0.05, 0.8],
  [-0.05, 0.02],
] as const;

function drawPattern(brush: Brush, identity: Identity, coat: Coat, width: number, look: number): void {
  const round = identity.species !== 'robot' && !isPerson(identity.species);
  switch (identity.pattern) {
    case 'stripes':
      for (let row = 0; row < 5; row += 1) {
        const y = -0.3 + row * 0.078;
        brush.line(
          (context) => {
            context.moveTo(-width * 1.2, y);
            context.quadraticCurveTo(look, y + 0.035, width * 1.2, y);
          },
          0.037,
          coat.mark,
        );
      }
      break;
    case 'spots':
      for (const [x, y] of SPOTS)
        brush.spot(x * width * 0.95 + look * 0.5, 0.03 - y * 0.34, width * 0.2, width * 0.2, coat.mark);
      break;
    case 'belly':
      brush.spot(look * 1.3, -0.11, width * 0.66, 0.135, coat.mark);
      break;
    case 'plain':
      if (identity.species === 'penguin')
        brush.spot(look * 1.3, -0.1, width * 0.72, 0.16, lighter(coat.mark, 0.7));
      else if (round && identity.style !== 'plush')
        brush.spot(look * 1.2, -0.09, width * 0.55, 0.11, lighter(coat.body, 0.4), 0.8);
      break;
    case 'two-tone':
      break;
  }
  if (identity.species === 'robot') {
    brush.spot(look - 0.04, -0.2, 0.022, 0.022, coat.mark);
    brush.spot(look + 0.04, -0.2, 0.022, 0.022, lighter(coat.mark, 0.5));
    brush.line(
      (context) => {
        context.rect(look - 0.06, -0.13, 0.12, 0.07);
      },
      0.01,
      darker(coat.body, 0.4),
    );
  }
}

function drawOutfit(
  brush: Brush,
  identity: Identity,
  coat: Coat,
  width: number,
  look: number,
  torso: number,
): void {
  if (identity.outfit === 'none') return;
  const person = isPerson(identity.species);
  const band = (top: number, bottom: number): void => {
    brush.detail((context) => {
      context.rect(-width * 1.3, top, width * 2.6, bottom - top);
    }, coat.outfit);
  };
  switch (identity.outfit) {
    case 'shirt':
      if (person) {
        brush.detail((context) => {
          context.rect(-width * 1.3, -0.012, width * 2.6, 0.1);
        }, coat.leg);
        break;
      }
      band(-torso * 1.1, -0.05);
      brush.line(
        (context) => {
          context.moveTo(-width * 1.2, -0.052);
          context.quadraticCurveTo(0, -0.03, width * 1.2, -0.052);
        },
        0.014,
        darker(coat.outfit, 0.3),
      );
      break;
    case 'dress':
      if (person) break;
      band(-torso * 1.1, 0.1);
      brush.spot(look, -torso * 0.98, width * 0.42, 0.045, coat.body);
      break;
    case 'overalls': {
      const color = person ? coat.leg : coat.outfit;
      brush.detail((context) => {
        context.rect(-width * 1.3, -0.1, width * 2.6, 0.22);
        context.rect(look - width * 0.5, -0.2, width, 0.12);
      }, color);
      for (const side of [-1, 1]) {
        const x = look + side * width * 0.42;
        brush.line(
          (context) => {
            context.moveTo(x, -0.19);
            context.lineTo(x + side * width * 0.16, -torso * 1.02);
          },
          0.03,
          color,
        );
        brush.spot(x, -0.18, 0.013, 0.013, [250, 216, 110]);
      }
      break;
    }
  }
}

function drawChestFur(brush: Brush, coat: Coat, look: number, torso: number): void {
  brush.detail(
    (context) => {
      const y = -torso * 0.86;
      context.moveTo(look - 0.07, y);
      context.lineTo(look - 0.045, y + 0.07);
      context.lineTo(look - 0.02, y + 0.05);
      context.lineTo(look, y + 0.11);
      context.lineTo(look + 0.02, y + 0.05);
      context.lineTo(look + 0.045, y + 0.07);
      context.lineTo(look + 0.07, y);
      context.closePath();
    },
    lighter(coat.body, 0.55),
    0.85,
  );
}
