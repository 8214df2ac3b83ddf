/**
 * Plain arithmetic in double precision for checking a device against. Matrices are row-major; nothing
 * here is meant to be fast.
 */

function sumOf(count: number, term: (index: number) => number): number {
  let sum = 0;
  for (let index = 0; index < count; index += 1) sum += term(index);
  return sum;
}

const at = (values: ArrayLike<number>, index: number): number => values[index] ?? Number.NaN;

/** a [m,k] · b [k,n] → [m,n] */
export function referenceMatMul(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  [m, k, n]: readonly [number, number, number],
): number[] {
  return Array.from({ length: m * n }, (_, index) => {
    const [row, column] = [Math.floor(index / n), index % n];
    return sumOf(k, (inner) => at(a, row * k + inner) * at(b, inner * n + column));
  });
}

/** Softmax of each row of `width` numbers. */
export function referenceSoftmax(x: ArrayLike<number>, width: number): number[] {
  return perRow(x, width, (row) => {
    const peak = Math.max(...row);
    const powers = row.map((value) => Math.exp(value - peak));
    const total = sumOf(width, (index) => at(powers, index));
    return powers.map((value) => value / total);
  });
}

/** Each row of `width` numbers to mean 0 and variance 1. */
export function referenceNormalize(x: ArrayLike<number>, width: number, epsilon: number): number[] {
  return perRow(x, width, (row) => {
    const mean = sumOf(width, (index) => at(row, index)) / width;
    const variance = sumOf(width, (index) => (at(row, index) - mean) ** 2) / width;
    return row.map((value) => (value - mean) / Math.sqrt(variance + epsilon));
  });
}

function perRow(x: ArrayLike<number>, width: number, map: (row: readonly number[]) => number[]): number[] {
  const rows = Array.from({ length: x.length / width }, (_, row) =>
    map(Array.from({ length: width }, (__, column) => at(x, row * width + column))),
  );
  return rows.flat();
}

/** x [channels,size,size], weight [out,channels,3,3], padding 1 → [out,size,size] */
export function referenceConv3x3(
  x: ArrayLike<number>,
  weight: ArrayLike<number>,
  { channels, size, out }: { readonly channels: number; readonly size: number; readonly out: number },
): number[] {
  return Array.from({ length: out * size * size }, (_, index) => {
    const [o, y, column] = [Math.floor(index / size ** 2), Math.floor(index / size) % size, index % size];
    return sumOf(channels * 9, (tap) => {
      const [c, dy, dx] = [Math.floor(tap / 9), (Math.floor(tap / 3) % 3) - 1, (tap % 3) - 1];
      const inside = y + dy >= 0 && y + dy < size && column + dx >= 0 && column + dx < size;
      return inside
        ? at(x, c * size * size + (y + dy) * size + column + dx) * at(weight, o * channels * 9 + tap)
        : 0;
    });
  });
}

export interface AttentionSizes {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly depth: number;
}

/** Multi-head attention of q [B,P,H·d], k and v [B,T,H·d], scale d^-½, score bias [P,T] → [B,P,H·d] */
export function referenceAttention(
  q: ArrayLike<number>,
  k: ArrayLike<number>,
  v: ArrayLike<number>,
  { batch, heads, queries, keys, depth }: AttentionSizes,
  bias?: ArrayLike<number>,
): number[] {
  const width = heads * depth;
  const result = new Array<number>(batch * queries * width).fill(0);
  for (let row = 0; row < batch * queries; row += 1) {
    const first = Math.floor(row / queries) * keys;
    for (let start = 0; start < width; start += depth) {
      const scores = Array.from({ length: keys }, (_, t) => {
        const dot = sumOf(
          depth,
          (c) => at(q, row * width + start + c) * at(k, (first + t) * width + start + c),
        );
        return dot / Math.sqrt(depth) + (bias === undefined ? 0 : at(bias, (row % queries) * keys + t));
      });
      const weights = referenceSoftmax(scores, keys);
      for (let c = start; c < start + depth; c += 1) {
        result[row * width + c] = sumOf(keys, (t) => at(weights, t) * at(v, (first + t) * width + c));
      }
    }
  }
  return result;
}

/** Largest difference over largest expected magnitude; infinite where lengths differ or a number is NaN. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let magnitude = 0;
  for (let index = 0; index < expected.length; index += 1) {
    const error = Math.abs(at(actual, index) - at(expected, index));
    if (Number.isNaN(error)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, error);
    magnitude = Math.max(magnitude, Math.abs(at(expected, index)));
  }
  return magnitude === 0 ? difference : difference / magnitude;
}
