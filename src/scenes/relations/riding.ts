import {
  figureLayers,
  part,
  prop,
  saidAlone,
  stand,
  type Cast,
  type Relation,
  type Arrangement,
} from '../arrangement.ts';
import { add, vec } from '../geometry.ts';
import { type Rgb } from '../palette.ts';
import { thing, type PropKind } from '../props/types.ts';

/** Where a rider touches the vehicle, in rider heights from the ground under its middle: x forward, y up. */
interface Saddle {
  readonly kind: PropKind;
  readonly scale: number;
  readonly hip: readonly [number, number];
  readonly hand: readonly [number, number];
  readonly foot: readonly [number, number];
  readonly lean: number;
  readonly colors: readonly Rgb[];
}

function ride(cast: Cast, saddle: Saddle): Arrangement {
  const { random } = cast;
  const heights = cast.heights.map((height) => height * saddle.scale);
  const base = stand({ ...cast, heights }, 0, {
    x: 0.5,
    facing: 1,
    turn: 0.62,
    lean: saddle.lean + random.uniform(-0.03, 0.06),
    headTilt: -saddle.lean * 0.5,
  });
  const h = base.height;
  const ground = vec(0.5, cast.ground);
  const at = ([x, y]: readonly [number, number]): { x: number; y: number } => add(ground, vec(x * h, -y * h));
  const turn = random.uniform(-0.035, 0.035);
  const foot = at(saddle.foot);
  return {
    poses: [
      {
        ...base,
        hip: at(saddle.hip),
        look: 0.5,
        mouth: random.chance(0.35) ? 'open' : 'smile',
        nearArm: { at: add(at(saddle.hand), vec(-0.02 * h, 0.01 * h)), bend: vec(-0.2, 1) },
        farArm: { at: add(at(saddle.hand), vec(0.06 * h, -0.01 * h)), bend: vec(-0.2, 1) },
        nearLeg: { at: add(foot, vec(turn, turn)), bend: vec(1, -0.4) },
        farLeg: { at: add(foot, vec(0.05 * h - turn, -0.03 * h - turn)), bend: vec(1, -0.4) },
      },
    ],
    props: [thing(saddle.kind, ground, vec(1, cast.ground), h, random.pick(saddle.colors))],
    layers: [
      part(0, 'back'),
      part(0, 'farArm'),
      part(0, 'farLeg'),
      prop(0),
      part(0, 'body'),
      part(0, 'nearLeg'),
      ...figureLayers(0, 'behind', ['back', 'farArm', 'farLeg', 'nearLeg', 'body']),
    ],
  };
}

const PAINTS: readonly Rgb[] = [
  [214, 64, 62],
  [74, 120, 206],
  [104, 168, 88],
  [246, 190, 74],
  [64, 164, 162],
  [142, 98, 186],
];

export const ridingBike: Relation = {
  id: 'riding-bike',
  kind: 'single',
  label: 'Riding a bike',
  wordings: [
    saidAlone('is riding a bike'),
    saidAlone('rides a bike'),
    saidAlone('rides a bicycle'),
    saidAlone('is cycling'),
    saidAlone('pedals along on a bicycle'),
    saidAlone('is riding a bicycle'),
  ],
  words: ['rid', 'bike', 'bicycle', 'cycl', 'pedal'],
  backgrounds: ['countryside', 'studio', 'park', 'city', 'beach', 'forest', 'hilltop', 'mountain'],
  boxes: [[0.31, 0.21, 0.69, 0.83]],
  place: (cast) =>
    ride(cast, {
      kind: 'bike',
      scale: 0.82,
      hip: [-0.1, 0.42],
      hand: [0.19, 0.5],
      foot: [-0.01, 0.17],
      lean: 0.16,
      colors: PAINTS,
    }),
};

export const ridingHorse: Relation = {
  id: 'riding-horse',
  kind: 'single',
  label: 'Riding a horse',
  wordings: [
    saidAlone('is riding a horse'),
    saidAlone('rides a horse'),
    saidAlone('sits on a horse'),
    saidAlone('is on horseback'),
    saidAlone('rides on horseback'),
    saidAlone('gallops along on a horse'),
  ],
  words: ['rid', 'horse', 'gallop'],
  backgrounds: ['forest', 'studio', 'countryside', 'beach', 'hilltop', 'mountain', 'park', 'river'],
  boxes: [[0.34, 0.22, 0.66, 0.77]],
  place: (cast) =>
    ride(cast, {
      kind: 'horse',
      scale: 0.74,
      hip: [-0.06, 0.53],
      hand: [0.17, 0.62],
      foot: [0.03, 0.29],
      lean: 0.05,
      colors: [
        [158, 104, 68],
        [206, 160, 112],
        [236, 228, 216],
        [104, 78, 70],
        [180, 180, 188],
      ],
    }),
};

export const ridingMotorbike: Relation = {
  id: 'riding-motorbike',
  kind: 'single',
  label: 'Riding a motorbike',
  wordings: [
    saidAlone('is riding a motorbike'),
    saidAlone('rides a motorbike'),
    saidAlone('rides a motorcycle'),
    saidAlone('is riding a motorcycle'),
    saidAlone('races along on a motorbike'),
    saidAlone('drives a motorbike'),
  ],
  words: ['rid', 'motor', 'race', 'driv'],
  backgrounds: ['mountain', 'studio', 'city', 'countryside', 'beach', 'forest', 'hilltop', 'rooftop'],
  boxes: [[0.26, 0.23, 0.66, 0.82]],
  place: (cast) =>
    ride(cast, {
      kind: 'motorbike',
      scale: 0.82,
      hip: [-0.17, 0.4],
      hand: [0.14, 0.5],
      foot: [-0.02, 0.16],
      lean: 0.12,
      colors: PAINTS,
    }),
};
