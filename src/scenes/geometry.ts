/** Points and directions in the plane: x to the right, y down, the picture is the unit square. */
export interface Vec {
  readonly x: number;
  readonly y: number;
}

export const vec = (x: number, y: number): Vec => ({ x, y });
export const add = (a: Vec, b: Vec): Vec => vec(a.x + b.x, a.y + b.y);
export const subtract = (a: Vec, b: Vec): Vec => vec(a.x - b.x, a.y - b.y);
export const times = (a: Vec, factor: number): Vec => vec(a.x * factor, a.y * factor);
export const lerp = (a: Vec, b: Vec, t: number): Vec => vec(a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t);
export const length = (a: Vec): number => Math.hypot(a.x, a.y);
export const mirror = (a: Vec): Vec => vec(1 - a.x, a.y);

/** `origin` + `along`·x + `across`·y: a point in a frame whose axes are given. */
export function inFrame(origin: Vec, xAxis: Vec, yAxis: Vec, x: number, y: number): Vec {
  return vec(origin.x + xAxis.x * x + yAxis.x * y, origin.y + xAxis.y * x + yAxis.y * y);
}

/** Unit vector, or `fallback` for a vector without length. */
export function unit(a: Vec, fallback: Vec = vec(1, 0)): Vec {
  const size = length(a);
  return size < 1e-9 ? fallback : times(a, 1 / size);
}

/**
 * Two-bone inverse kinematics in the plane: the middle joint between `root` and `target` for two bones of
 * length `bone`, on the side that `hint` (a direction) points to. A target out of reach is brought to the
 * longest reach (2·bone·stretch), and both joints are returned.
 */
export function solveTwoBones(
  root: Vec,
  target: Vec,
  bone: number,
  hint: Vec,
  stretch = 1.12,
): { readonly middle: Vec; readonly end: Vec } {
  const reach = subtract(target, root);
  const distance = length(reach);
  const limit = 2 * bone * stretch;
  const end = distance > limit ? add(root, times(reach, limit / distance)) : target;
  const span = Math.min(distance, limit);
  const rise = Math.sqrt(Math.max(bone * bone - (span * span) / 4, 0));
  const direction = unit(reach, vec(0, 1));
  const normal = vec(-direction.y, direction.x);
  const side = normal.x * hint.x + normal.y * hint.y >= 0 ? 1 : -1;
  return { middle: add(lerp(root, end, 0.5), times(normal, rise * side)), end };
}
