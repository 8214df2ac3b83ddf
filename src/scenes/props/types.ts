import { type Context2D } from '../canvas.ts';
import { type Brush } from '../drawing/brush.ts';
import { type Vec } from '../geometry.ts';
import { type Rgb } from '../palette.ts';

export const PROP_KINDS = [
  'sword', 'guitar', 'book', 'barbell', 'notes', 'table', 'plate', 'fork', 'burst', 'hearts',
] as const;
export type PropKind = (typeof PROP_KINDS)[number];

/** A thing between two points: what `at` and `to` mean is each prop's own (grip and tip, left and right end, ...). */
export interface Prop {
  readonly kind: PropKind;
  readonly at: Vec;
  readonly to: Vec;
  /** Height of the character that it belongs to: the unit of its thickness. */
  readonly size: number;
  readonly flip: 1 | -1;
  readonly color: Rgb;
}

export type DrawProp = (brush: Brush, prop: Prop, context: Context2D) => void;
