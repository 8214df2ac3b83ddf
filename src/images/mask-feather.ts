import { KEPT, type Mask } from './mask.ts';

/** Three box blurs come close to a Gaussian one. */
const PASSES = 3;

/**
 * The mask with a soft edge of about `radius` pixels. The edge softens inwards only: outside of the hard
 * edge stays gone, so that no rim of the old background comes back.
 */
export function featherMask(mask: Mask, radius: number): Mask {
  const reach = Math.round(radius / PASSES);
  if (reach < 1) return mask;
  const { width, height } = mask;
  let data = mask.data;
  for (let pass = 0; pass < PASSES; pass += 1) {
    data = blurLines(data, width, height, 1, width, reach);
    data = blurLines(data, height, width, width, 1, reach);
  }
  // On the hard edge a blur has fallen to one half: that becomes nothing, the untouched inside stays whole.
  return { width, height, data: data.map((value, at) => Math.min(2 * value - KEPT, mask.data[at] ?? 0)) };
}

/** A box blur along every line of `length` pixels; beyond the ends a line goes on as it ended. */
function blurLines(
  source: Uint8ClampedArray,
  length: number,
  lines: number,
  step: number,
  lineStep: number,
  reach: number,
): Uint8ClampedArray<ArrayBuffer> {
  const target = new Uint8ClampedArray(source.length);
  const size = 2 * reach + 1;
  const ends = (length - 1) * step;
  for (let line = 0; line < lines; line += 1) {
    const start = line * lineStep;
    const first = source[start] ?? 0;
    const last = source[start + ends] ?? 0;
    let sum = (reach + 1) * first;
    for (let index = 0; index < reach; index += 1) {
      sum += index < length ? (source[start + index * step] ?? 0) : last;
    }
    for (let index = 0; index < length; index += 1) {
      const [entering, leaving] = [index + reach, index - reach - 1];
      sum += entering < length ? (source[start + entering * step] ?? 0) : last;
      sum -= leaving >= 0 ? (source[start + leaving * step] ?? 0) : first;
      target[start + index * step] = sum / size;
    }
  }
  return target;
}
