/** Rounding and grids as NumPy computes them; a timestep that differs by one gives another picture. */

/** NumPy's `round`: halves go to the even neighbour, unlike `Math.round`. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** NumPy's `linspace(start, stop, count)`, both ends included; `[start]` for one point. */
export function linspace(start: number, stop: number, count: number): number[] {
  if (count === 1) return [start];
  const step = (stop - start) / (count - 1);
  return Array.from({ length: count }, (_, index) => (index === count - 1 ? stop : start + index * step));
}

/**
 * Linear interpolation of `values`, given at 0, 1, 2, …, as `numpy.interp`: clamped at both ends.
 * `values` must not be empty.
 */
export function interpolate(values: ArrayLike<number>, position: number): number {
  const last = values.length - 1;
  const clamped = Math.min(Math.max(position, 0), last);
  const low = Math.min(Math.floor(clamped), Math.max(last - 1, 0));
  const from = values[low] ?? NaN;
  const to = values[Math.min(low + 1, last)] ?? NaN;
  return from + (to - from) * (clamped - low);
}
