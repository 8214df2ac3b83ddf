import { type Context2D } from '../canvas.ts';
import { type Brush } from '../drawing/brush.ts';
import { type Vec } from '../geometry.ts';
import { type Rgb } from '../palette.ts';

export const PROP_KINDS = [
  'sword',
  'guitar',
  'book',
  'fork',
  'microphone',
  'umbrella',
  'pan',
  'spatula',
  'table',
  'plate',
  'stool',
  'piano',
  'chessboard',
  'hammock-back',
  'hammock-front',
  'bike',
  'motorbike',
  'horse',
  'barbell',
  'ski',
  'pole',
  'football',
  'basketball',
  'hoop',
  'notes',
  'burst',
  'hearts',
  'sleep',
  'steam',
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

/** A prop in the frame that relations are written in; the mirror sets `flip`. */
export function thing(kind: PropKind, at: Vec, to: Vec, size: number, color: Rgb = [200, 200, 210]): Prop {
  return { kind, at, to, size, flip: 1, color };
}
