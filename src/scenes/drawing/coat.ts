import { isPerson, type Identity } from '../identity.ts';
import { COLORS, darker, lighter, mix, type Rgb } from '../palette.ts';

/** The colours of one character's parts, resolved from its identity. */
export interface Coat {
  readonly body: Rgb;
  readonly arm: Rgb;
  readonly leg: Rgb;
  readonly hand: Rgb;
  readonly foot: Rgb;
  readonly head: Rgb;
  readonly muzzle: Rgb;
  readonly ear: Rgb;
  readonly innerEar: Rgb;
  readonly tail: Rgb;
  readonly mark: Rgb;
  readonly nose: Rgb;
  readonly outfit: Rgb;
  readonly accessory: Rgb;
  readonly hair: Rgb;
  readonly eye: Rgb;
}

const SKIN: readonly Rgb[] = [
  [253, 222, 194],
  [240, 196, 160],
  [214, 160, 118],
  [168, 114, 78],
  [122, 80, 58],
];
const HAIR: Readonly<Record<Identity['hairColor'], Rgb>> = {
  black: [48, 42, 50],
  brown: [112, 70, 44],
  blond: [240, 204, 112],
  red: [206, 96, 50],
  gray: [176, 176, 182],
};
const INK: Rgb = [44, 32, 44];
const BLACK_MARKS: Rgb = [62, 58, 66];

export function coatOf(identity: Identity): Coat {
  const tinted = (color: Rgb): Rgb =>
    identity.tint < 0 ? darker(color, -identity.tint * 0.1) : lighter(color, identity.tint * 0.14);
  const main = tinted(COLORS[identity.main]);
  const second = COLORS[identity.secondary];
  const outfit = COLORS[identity.outfitColor];
  const twoTone = identity.pattern === 'two-tone';
  const base = {
    mark: second,
    accessory: COLORS[identity.accessoryColor],
    hair: HAIR[identity.hairColor],
    eye: INK,
  };
  if (isPerson(identity.species)) {
    const skin = SKIN[identity.skin] ?? SKIN[0] ?? main;
    const dress = identity.outfit === 'dress';
    // Overalls have the main colour; the shirt under them is a pale one.
    const overalls = identity.outfit === 'overalls';
    const shirt = overalls ? lighter(main, 0.7) : main;
    return {
      ...base,
      body: shirt,
      arm: twoTone ? second : shirt,
      leg: dress ? skin : overalls ? main : mix(second, COLORS.blue, 0.25),
      hand: skin,
      foot: darker(second, 0.45),
      head: skin,
      muzzle: skin,
      ear: skin,
      innerEar: darker(skin, 0.2),
      tail: skin,
      nose: darker(skin, 0.22),
      outfit: main,
    };
  }
  const panda = identity.species === 'panda';
  const limb = panda ? BLACK_MARKS : twoTone ? second : main;
  const wearsShirt = identity.outfit === 'shirt';
  const bird = identity.species === 'penguin' || identity.species === 'duck';
  const body = panda ? lighter(main, 0.4) : main;
  return {
    ...base,
    body,
    arm: wearsShirt ? outfit : limb,
    leg: identity.outfit === 'overalls' ? outfit : bird ? COLORS.orange : limb,
    hand: panda ? BLACK_MARKS : twoTone ? second : main,
    foot: bird ? COLORS.orange : panda ? BLACK_MARKS : second,
    head: body,
    muzzle: identity.species === 'robot' ? lighter(main, 0.55) : lighter(second, 0.55),
    ear: panda ? BLACK_MARKS : identity.species === 'dog' || identity.species === 'lion' ? second : main,
    innerEar: mix(lighter(second, 0.3), COLORS.pink, 0.25),
    tail: identity.species === 'mouse' ? lighter(COLORS.pink, 0.2) : body,
    nose:
      identity.species === 'rabbit' || identity.species === 'mouse' || identity.species === 'cat'
        ? darker(COLORS.pink, 0.12)
        : INK,
    outfit,
  };
}
