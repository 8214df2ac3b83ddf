import { hashString, type Random } from '../shared/random.ts';
import { COLORS, COLOR_NAMES, colorDistance, type ColorName } from './palette.ts';

export const ANIMALS = [
  'bear',
  'rabbit',
  'cat',
  'dog',
  'mouse',
  'pig',
  'fox',
  'sheep',
  'panda',
  'frog',
  'penguin',
  'lion',
  'duck',
] as const;
export const PEOPLE = ['boy', 'girl', 'man', 'woman'] as const;
export const SPECIES = [...ANIMALS, ...PEOPLE, 'robot'] as const;
export type Species = (typeof SPECIES)[number];
export type Person = (typeof PEOPLE)[number];

export const STYLES = ['plush', 'toy', 'pet', 'cartoon', 'person'] as const;
export type Style = (typeof STYLES)[number];

export const PATTERNS = ['plain', 'stripes', 'spots', 'belly', 'two-tone'] as const;
export type Pattern = (typeof PATTERNS)[number];

export const OUTFITS = ['none', 'shirt', 'dress', 'overalls'] as const;
export type Outfit = (typeof OUTFITS)[number];

export const ACCESSORIES = ['none', 'scarf', 'hat', 'bow', 'glasses', 'cape'] as const;
export type Accessory = (typeof ACCESSORIES)[number];

export const EYES = ['dot', 'round', 'button'] as const;
export const HAIR = ['short', 'bob', 'long', 'bun', 'curly'] as const;

/** Everything that makes a character itself: flat strings and numbers, so that it can travel in a dataset. */
export interface Identity {
  readonly species: Species;
  readonly style: Style;
  readonly stature: 'small' | 'medium' | 'tall';
  /** Width of the body, 1 = normal, 0.88 slim, 1.16 chubby. */
  readonly girth: number;
  /** Coat, skin of a toy, or the clothes' colour of a person. */
  readonly main: ColorName;
  /** Pattern, belly, inner ears, feet. */
  readonly secondary: ColorName;
  readonly pattern: Pattern;
  readonly eyes: (typeof EYES)[number];
  readonly outfit: Outfit;
  readonly outfitColor: ColorName;
  readonly accessory: Accessory;
  readonly accessoryColor: ColorName;
  /** People only (drawn only there): hair and skin. */
  readonly hair: (typeof HAIR)[number];
  readonly hairColor: 'black' | 'brown' | 'blond' | 'red' | 'gray';
  readonly skin: number;
  /** −1…1, a slight lightness of its own. */
  readonly tint: number;
}

export type Split = 'train' | 'heldout';

/** One of this many (species × main colour × pattern) combinations is never drawn for training. */
const HELD_OUT_ONE_IN = 10;

/** The rule of the split: FNV-1a of "species|main|pattern", modulo {@link HELD_OUT_ONE_IN}, is 0 for held-out ones. */
export function isHeldOutIdentity(identity: Pick<Identity, 'species' | 'main' | 'pattern'>): boolean {
  return hashString(`${identity.species}|${identity.main}|${identity.pattern}`) % HELD_OUT_ONE_IN === 0;
}

export function isPerson(species: Species): species is Person {
  return PEOPLE.some((person) => person === species);
}

const NATURAL: readonly ColorName[] = ['brown', 'orange', 'gray', 'white', 'black', 'cream'];

function contrasting(random: Random, from: readonly ColorName[], against: readonly ColorName[]): ColorName {
  const far = from.filter((name) =>
    against.every((other) => colorDistance(COLORS[name], COLORS[other]) > 130),
  );
  return random.pick(far.length > 0 ? far : from);
}

function draw(random: Random): Identity {
  const species = random.chance(0.2)
    ? random.pick(PEOPLE)
    : random.chance(0.07)
      ? 'robot'
      : random.pick(ANIMALS);
  const person = isPerson(species);
  const style: Style = person
    ? 'person'
    : species === 'robot'
      ? 'toy'
      : random.weighted(['plush', 'toy', 'pet', 'cartoon'] as const, [5, 3, 3, 4]);
  const coat = style === 'pet' ? NATURAL : COLOR_NAMES;
  const main = random.pick(coat);
  const secondary = contrasting(random, style === 'pet' ? [...NATURAL, 'cream', 'white'] : COLOR_NAMES, [
    main,
  ]);
  const outfit: Outfit = person
    ? species === 'girl' || species === 'woman'
      ? random.pick(['shirt', 'dress', 'dress', 'overalls'] as const)
      : random.pick(['shirt', 'shirt', 'overalls'] as const)
    : random.weighted(OUTFITS, [6, 2, style === 'pet' ? 0 : 1, style === 'pet' ? 0 : 1.4]);
  const outfitColor = person ? main : contrasting(random, COLOR_NAMES, [main, secondary]);
  const accessory = random.weighted(ACCESSORIES, [5, 2.2, 1.8, 1.8, 1.6, 1]);
  return {
    species,
    style,
    stature: random.weighted(['small', 'medium', 'tall'] as const, [1, 2, 1]),
    girth: random.weighted([0.9, 1, 1.14], [1, 2, 1]),
    main,
    secondary,
    pattern: random.weighted(PATTERNS, person || species === 'robot' ? [3, 2, 1, 0, 1] : [2, 2.4, 2, 2, 1]),
    eyes: random.pick(EYES),
    outfit,
    outfitColor,
    accessory,
    accessoryColor: contrasting(random, COLOR_NAMES, [main, outfit === 'none' ? secondary : outfitColor]),
    hair: random.pick(
      species === 'boy' || species === 'man'
        ? (['short', 'curly'] as const)
        : (['bob', 'long', 'bun', 'curly'] as const),
    ),
    hairColor: random.pick([
      'black',
      'brown',
      'blond',
      'red',
      species === 'boy' || species === 'girl' ? 'brown' : 'gray',
    ] as const),
    skin: random.int(5),
    tint: random.uniform(-1, 1),
  };
}

/** A random character of the split; see {@link isHeldOutIdentity} for which belongs where. */
export function sampleIdentity(random: Random, split: Split): Identity {
  for (;;) {
    const identity = draw(random);
    if (isHeldOutIdentity(identity) === (split === 'heldout')) return identity;
  }
}
