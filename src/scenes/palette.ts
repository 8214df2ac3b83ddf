/** A colour as three numbers 0–255, sRGB. */
export type Rgb = readonly [number, number, number];

/** The colours that captions can name. Chosen to be told apart at a glance and to sit well together. */
export const COLORS = {
  red: [214, 64, 62],
  orange: [238, 140, 58],
  yellow: [246, 205, 84],
  green: [104, 168, 88],
  teal: [64, 164, 162],
  blue: [74, 120, 206],
  purple: [142, 98, 186],
  pink: [240, 150, 176],
  brown: [150, 98, 62],
  gray: [142, 146, 156],
  white: [246, 243, 236],
  black: [58, 54, 62],
  cream: [244, 222, 182],
} as const satisfies Readonly<Record<string, Rgb>>;

export type ColorName = keyof typeof COLORS;

export const COLOR_NAMES: readonly ColorName[] = [
  'red',
  'orange',
  'yellow',
  'green',
  'teal',
  'blue',
  'purple',
  'pink',
  'brown',
  'gray',
  'white',
  'black',
  'cream',
];

/** Linear mix in sRGB; t = 0 gives a. */
export function mix(a: Rgb, b: Rgb, t: number): Rgb {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

const INK: Rgb = [52, 32, 46];
const LIGHT: Rgb = [255, 250, 238];

/** Towards a warm dark, as shadows in an illustration. */
export const darker = (color: Rgb, amount: number): Rgb => mix(color, INK, amount);
/** Towards warm light. */
export const lighter = (color: Rgb, amount: number): Rgb => mix(color, LIGHT, amount);

export function css(color: Rgb, alpha = 1): string {
  const [r, g, b] = color;
  return `rgba(${Math.round(r)},${Math.round(g)},${Math.round(b)},${alpha})`;
}

/** Sum of channel differences: below about 120 two colours read as one. */
export function colorDistance(a: Rgb, b: Rgb): number {
  return Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]) + Math.abs(a[2] - b[2]);
}
