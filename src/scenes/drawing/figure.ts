import { type Figure } from '../skeleton.ts';
import { drawBody } from './body.ts';
import { type Brush, finishOf } from './brush.ts';
import { drawCape, drawClasp, drawNeckwear } from './clothes.ts';
import { coatOf } from './coat.ts';
import { drawHead } from './head.ts';
import { drawArm, drawLeg, drawTail } from './limbs.ts';

/** What can be put in front of or behind something else. */
export const FIGURE_PARTS = ['back', 'farArm', 'farLeg', 'nearLeg', 'body', 'head', 'nearArm'] as const;
export type FigurePart = (typeof FIGURE_PARTS)[number];

/** Draws one part of a figure: "back" is tail and cape. */
export function drawFigurePart(brush: Brush, figure: Figure, part: FigurePart): void {
  const coat = coatOf(figure.identity);
  brush.use(finishOf(figure.identity.style), figure.pose.height);
  const side = figure.pose.facing;
  switch (part) {
    case 'back':
      drawCape(brush, figure, coat);
      drawTail(brush, figure, coat);
      break;
    case 'farArm':
      drawArm(brush, figure, figure.farArm, coat);
      break;
    case 'nearArm':
      drawArm(brush, figure, figure.nearArm, coat);
      break;
    case 'farLeg':
      drawLeg(brush, figure, figure.farLeg, coat, side);
      break;
    case 'nearLeg':
      drawLeg(brush, figure, figure.nearLeg, coat, -side);
      break;
    case 'body':
      drawBody(brush, figure, coat);
      break;
    case 'head':
      drawNeckwear(brush, figure, coat);
      drawHead(brush, figure, coat);
      drawClasp(brush, figure, coat);
      break;
  }
}
