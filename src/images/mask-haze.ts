import { KEPT, type Mask } from './mask.ts';

/** Below this a network means that there is nothing, above {@link SURE} that all is there: 5 % from either end. */
const HAZE = 0.05 * KEPT;
const SURE = 0.95 * KEPT;

/**
 * A mask as a network gives it, whose doubts leave a faint haze of the whole background and holes of a few
 * per cent in the object: values near the ends are taken to them, those between are spread to fill the range.
 */
export function clearHaze({ width, height, data }: Mask): Mask {
  const cleared = new Uint8ClampedArray(data.length);
  for (let at = 0; at < data.length; at += 1) {
    cleared[at] = (((data[at] ?? 0) - HAZE) / (SURE - HAZE)) * KEPT;
  }
  return { width, height, data: cleared };
}
