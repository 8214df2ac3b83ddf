import type { RgbaImage } from './rgba-image.ts';

/** Half width of the cubic kernel, in source pixels where the picture grows. */
const SUPPORT = 2;
/** Keys' parameter; Pillow's is −0.5, OpenCV's and PyTorch's −0.75. */
const CUBIC_A = -0.5;
/** Fixed-point weights: 32 bits less 8 for the pixel and 2 for weights above one and below zero. */
const PRECISION_BITS = 32 - 8 - 2;

/**
 * Resizes with the antialiased bicubic filter of Pillow (`Image.resize`, `BICUBIC`), bit for bit: the
 * kernel widens with the reduction, weights are fixed-point, rows are done first, and each pass rounds
 * to 8 bits. (Pillow 13 does the columns first for some shapes, which moves a few values by one.) Channels are independent, so transparency should be flattened before. The aspect ratio is
 * whatever is asked for.
 */
export function resizeBicubic(image: RgbaImage, width: number, height: number): RgbaImage {
  const wide = width === image.width ? image : resizeRows(image, width);
  return height === image.height ? wide : resizeColumns(wide, height);
}

/** The source pixels that make one target pixel. */
interface Taps {
  readonly first: number;
  /** Fixed-point weights with {@link PRECISION_BITS} fractional bits. */
  readonly weights: Int32Array;
}

function cubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return ((CUBIC_A + 2) * t - (CUBIC_A + 3)) * t * t + 1;
  if (t < 2) return (((t - 5) * t + 8) * t - 4) * CUBIC_A;
  return 0;
}

function tapsOf(sourceSize: number, targetSize: number): readonly Taps[] {
  const scale = sourceSize / targetSize;
  const filterScale = Math.max(scale, 1);
  const support = SUPPORT * filterScale;
  return Array.from({ length: targetSize }, (_, target) => {
    const centre = (target + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(sourceSize, Math.trunc(centre + support + 0.5));
    const raw = Array.from({ length: end - first }, (__, tap) =>
      cubic((tap + first - centre + 0.5) * (1 / filterScale)),
    );
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    const weights = Int32Array.from(raw, (weight) => {
      const fixed = (total === 0 ? weight : weight / total) * 2 ** PRECISION_BITS;
      return Math.trunc(fixed + (fixed < 0 ? -0.5 : 0.5));
    });
    return { first, weights };
  });
}

function resizeRows(image: RgbaImage, width: number): RgbaImage {
  const data = new Uint8ClampedArray(width * image.height * 4);
  for (const [x, taps] of tapsOf(image.width, width).entries()) {
    for (let y = 0; y < image.height; y += 1) {
      weigh(image.data, (y * image.width + taps.first) * 4, 4, taps.weights, data, (y * width + x) * 4);
    }
  }
  return { width, height: image.height, data };
}

function resizeColumns(image: RgbaImage, height: number): RgbaImage {
  const { width } = image;
  const data = new Uint8ClampedArray(width * height * 4);
  for (const [y, taps] of tapsOf(image.height, height).entries()) {
    for (let x = 0; x < width; x += 1) {
      weigh(image.data, (taps.first * width + x) * 4, width * 4, taps.weights, data, (y * width + x) * 4);
    }
  }
  return { width, height, data };
}

/** One target pixel: the weighted sum of source pixels `stride` values apart, rounded and clamped. */
function weigh(
  source: Uint8ClampedArray,
  start: number,
  stride: number,
  weights: Int32Array,
  target: Uint8ClampedArray,
  at: number,
): void {
  for (let channel = 0; channel < 4; channel += 1) {
    let sum = 1 << (PRECISION_BITS - 1);
    for (let tap = 0; tap < weights.length; tap += 1) {
      sum += (source[start + tap * stride + channel] ?? 0) * (weights[tap] ?? 0);
    }
    target[at + channel] = sum >> PRECISION_BITS;
  }
}
