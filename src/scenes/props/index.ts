import { type Brush, finishOf } from '../drawing/brush.ts';
import * as furniture from './furniture.ts';
import * as held from './hand-held.ts';
import * as signs from './signs.ts';
import * as sport from './sport.ts';
import { type DrawProp, type Prop, type PropKind } from './types.ts';
import * as vehicles from './vehicles.ts';

const DRAWERS: Readonly<Record<PropKind, DrawProp>> = {
  sword: held.sword,
  guitar: held.guitar,
  book: held.book,
  fork: held.fork,
  microphone: held.microphone,
  umbrella: held.umbrella,
  pan: held.pan,
  spatula: held.spatula,
  table: furniture.table,
  plate: furniture.plate,
  stool: furniture.stool,
  piano: furniture.piano,
  chessboard: furniture.chessboard,
  'hammock-back': furniture.hammockBack,
  'hammock-front': furniture.hammockFront,
  bike: vehicles.bike,
  motorbike: vehicles.motorbike,
  horse: vehicles.horse,
  barbell: sport.barbell,
  ski: sport.ski,
  pole: sport.pole,
  football: sport.football,
  basketball: sport.basketball,
  hoop: sport.hoop,
  notes: signs.notes,
  burst: signs.burst,
  hearts: signs.hearts,
  sleep: signs.sleep,
  steam: signs.steam,
};

/** Draws a thing; as a mask it only hides what is behind it. */
export function drawProp(brush: Brush, prop: Prop): void {
  brush.use(finishOf('pet'), prop.size);
  DRAWERS[prop.kind](brush, prop, brush.context);
}
