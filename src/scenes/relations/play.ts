import { figureLayers, part, prop, said, stand, type Relation } from '../arrangement.ts';
import { add, vec } from '../geometry.ts';
import { thing } from '../props/types.ts';

export const playingChess: Relation = {
  id: 'playing-chess',
  kind: 'pair',
  label: 'Playing chess',
  wordings: [
    said('is playing chess with'),
    said('plays chess with'),
    said('plays chess against'),
    said('are playing chess', '{A} and {B} are playing chess'),
    said('play a game of chess', '{A} and {B} play a game of chess'),
    said('moves a chess piece against'),
    said('sit at a chessboard', '{A} and {B} sit at a chessboard'),
  ],
  words: ['chess', 'game', 'play', 'piece', 'sit'],
  backgrounds: [
    'park',
    'studio',
    'living-room',
    'garden',
    'restaurant',
    'city',
    'hilltop',
    'ballroom',
    'beach',
  ],
  boxes: [
    [0.1, 0.32, 0.48, 0.91],
    [0.54, 0.32, 0.91, 0.91],
  ],
  place(cast) {
    const { random } = cast;
    const size = ((cast.heights[0] ?? 0) + (cast.heights[1] ?? 0)) / 2;
    const top = cast.ground - 0.29 * size;
    const sit = (index: 0 | 1, side: 1 | -1, reach: boolean): ReturnType<typeof stand> => {
      const base = stand(cast, index, {
        x: 0.5,
        facing: side,
        turn: 0.65,
        lean: side * random.uniform(0, 0.1),
        headTilt: side * random.uniform(0, 0.1),
      });
      const h = base.height;
      const hip = vec(0.5 - side * random.uniform(0.4, 0.43) * size, cast.ground - 0.2 * h);
      return {
        ...base,
        hip,
        nearArm: {
          at: reach
            ? vec(0.5 - side * 0.1 * size, top - 0.1 * size)
            : vec(0.5 - side * 0.22 * size, top - 0.03 * size),
          bend: vec(0, 1),
        },
        farArm: { at: vec(0.5 - side * 0.2 * size, top - 0.05 * size), bend: vec(0, 1) },
        nearLeg: { at: vec(hip.x + side * 0.14 * h, cast.ground - 0.045 * h), bend: vec(side, -0.6) },
        farLeg: { at: vec(hip.x + side * 0.2 * h, cast.ground - 0.05 * h), bend: vec(side, -0.6) },
      };
    };
    const poses = [sit(0, 1, true), sit(1, -1, random.chance(0.3))];
    const seat = (pose: (typeof poses)[number] | undefined): ReturnType<typeof thing> => {
      const hip = pose?.hip ?? vec(0.5, 0.5);
      return thing('stool', vec(hip.x, hip.y + 0.08 * size), vec(hip.x, cast.ground), size, [120, 150, 176]);
    };
    const wood = random.pick([
      [206, 150, 104],
      [236, 226, 210],
      [150, 104, 84],
    ] as const);
    return {
      poses,
      props: [
        seat(poses[0]),
        seat(poses[1]),
        thing('table', vec(0.5 - 0.25 * size, top), vec(0.5 + 0.25 * size, top), size, wood),
        thing('chessboard', vec(0.5, top + 0.015 * size), vec(0.5, top), size),
      ],
      layers: [
        prop(0),
        prop(1),
        ...figureLayers(0, 'behind', ['nearArm']),
        ...figureLayers(1, 'behind', ['nearArm']),
        prop(2),
        prop(3),
        part(0, 'nearArm'),
        part(1, 'nearArm'),
      ],
    };
  },
};

export const playingBasketball: Relation = {
  id: 'playing-basketball',
  kind: 'pair',
  label: 'Playing basketball',
  wordings: [
    said('is playing basketball with'),
    said('plays basketball with'),
    said('plays basketball against'),
    said('are playing basketball', '{A} and {B} are playing basketball'),
    said('shoots a basketball past'),
    said('throws a basketball over'),
    said('play with a basketball', '{A} and {B} play with a basketball'),
  ],
  words: ['basketball', 'play', 'shoot', 'throw'],
  backgrounds: ['court', 'studio', 'city', 'park', 'gym', 'beach', 'garden', 'arena', 'rooftop'],
  boxes: [
    [0.09, 0.29, 0.45, 0.87],
    [0.45, 0.35, 0.75, 0.92],
  ],
  place(cast) {
    const { random } = cast;
    const scaled = { ...cast, heights: cast.heights.map((height) => height * 0.9) };
    const jump = random.uniform(0.04, 0.08);
    const a0 = stand(scaled, 0, { x: 0.27, facing: 1, turn: 0.55, lean: random.uniform(0, 0.08) });
    const b = stand(scaled, 1, {
      x: 0.6,
      facing: -1,
      turn: 0.5,
      lean: random.uniform(-0.04, 0.06),
      spread: 0.13,
    });
    const h = a0.height;
    const hip = add(a0.hip, vec(0, -jump));
    const ball = vec(hip.x + 0.27 * h, hip.y - random.uniform(0.58, 0.63) * h);
    return {
      poses: [
        {
          ...a0,
          hip,
          headTilt: -0.08,
          nearArm: { at: vec(hip.x - 0.27 * h, hip.y - random.uniform(0.18, 0.3) * h), bend: vec(-0.3, 1) },
          farArm: { at: add(ball, vec(-0.02 * h, 0.1 * h)), bend: vec(1, 0.6) },
          nearLeg: { at: vec(hip.x - 0.13 * h, cast.ground - 0.06 * h - jump * 0.6), bend: vec(1, 0) },
          farLeg: { at: vec(hip.x + 0.06 * h, cast.ground - 0.06 * h - jump * 0.9), bend: vec(1, 0) },
        },
        {
          ...b,
          mouth: 'open',
          nearArm: { at: vec(b.hip.x + 0.18 * b.height, b.hip.y - 0.48 * b.height), bend: vec(1, 0.3) },
          farArm: { at: vec(b.hip.x - 0.2 * b.height, b.hip.y - 0.5 * b.height), bend: vec(-1, 0.3) },
        },
      ],
      props: [
        thing('hoop', vec(0.86, cast.ground - 0.66), vec(0.97, cast.ground), 0.62),
        thing('basketball', ball, hip, h),
      ],
      layers: [prop(0), ...figureLayers(1, 'front'), prop(1), ...figureLayers(0)],
    };
  },
};
