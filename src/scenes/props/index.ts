import { type Brush, finishOf } from '../drawing/brush.ts';
import * as held from './hand-held.ts';
import * as signs from './signs.ts';
import { type DrawProp, type Prop, type PropKind } from './types.ts';

const DRAWERS: Readonly<Record<PropKind, DrawProp>> = {
  sword: held.sword,
  guitar: held.guitar,
  book: held.book,
  barbell: held.barbell,
  table: held.table,
  plate: held.plate,
  fork: held.fork,
  notes: signs.notes,
  burst: signs.burst,
  hearts: signs.hearts,
};

export function drawProp(brush: Brush, prop: Prop): void {
  brush.use(finishOf('pet'), prop.size);
  DRAWERS[prop.kind](brush, prop, brush.context);
}
