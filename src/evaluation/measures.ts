/** Cosine of two vectors of one length; 0 if one is zero. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, left, right] = [0, 0, 0];
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? 0;
    dot += value * other;
    left += value * value;
    right += other * other;
  }
  return left === 0 || right === 0 ? 0 : dot / Math.sqrt(left * right);
}

/** Corners that need not lie in order, as a judge may point at them. */
export type LooseBox = readonly [x0: number, y0: number, x1: number, y1: number];

/** Intersection over union, 0..1; an inside-out box has no area. */
export function boxIou(a: LooseBox, b: LooseBox): number {
  const span = (low: number, high: number): number => Math.max(0, high - low);
  const shared =
    span(Math.max(a[0], b[0]), Math.min(a[2], b[2])) * span(Math.max(a[1], b[1]), Math.min(a[3], b[3]));
  const area = (box: LooseBox): number => span(box[0], box[2]) * span(box[1], box[3]);
  const union = area(a) + area(b) - shared;
  return union === 0 ? 0 : shared / union;
}

/** Natural logarithms of the softmax of logits. */
export function logSoftmax(logits: Float32Array): Float32Array {
  const top = Math.max(...logits);
  const total = Math.log(logits.reduce((sum, value) => sum + Math.exp(value - top), 0)) + top;
  return logits.map((value) => value - total);
}
