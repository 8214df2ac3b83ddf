import { type Random } from '../../shared/random.ts';
import { type Context2D } from '../canvas.ts';
import { type Rgb } from '../palette.ts';
import { band, cloud, OVERSCAN } from './paint.ts';

/** Draws a background in the unit square; `horizon` is where the ground begins. */
export type DrawBackground = (context: Context2D, random: Random, horizon: number) => void;

/** Where the ground ends. */
export const END = 1 + OVERSCAN;

export interface Sky {
  readonly top: Rgb;
  readonly low: Rgb;
}
const SKIES: readonly Sky[] = [
  { top: [126, 188, 232], low: [218, 238, 246] },
  { top: [158, 204, 236], low: [246, 240, 224] },
  { top: [246, 186, 150], low: [252, 226, 178] },
  { top: [196, 190, 232], low: [250, 222, 214] },
];

/** A sky of one of a few moods, with clouds; returns its colours, for what fades into it. */
export function sky(context: Context2D, random: Random, horizon: number): Sky {
  const chosen = random.weighted(SKIES, [4, 3, 1.4, 1]);
  band(context, -OVERSCAN, horizon + 0.02, chosen.top, chosen.low);
  if (random.chance(0.7)) {
    for (let index = 0; index < 2; index += 1)
      cloud(context, random.uniform(0, 1), random.uniform(0.05, 0.22), random.uniform(0.08, 0.15));
  }
  return chosen;
}

/** Random heights for a row of hills. */
export const row = (random: Random, count: number, low: number, high: number): number[] =>
  Array.from({ length: count }, () => random.uniform(low, high));
