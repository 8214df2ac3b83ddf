import { figureLayers, part, prop, said, stand, type Relation } from '../arrangement.ts';
import { add, times, vec, type Vec } from '../geometry.ts';
import { thing } from '../props/types.ts';

export const carrying: Relation = {
  id: 'carrying',
  kind: 'pair',
  label: 'Carrying',
  wordings: [
    said('is carrying'),
    said('carries'),
    said('holds over its head', '{A} holds {B} up over its head'),
    said('is being carried by', '{B} is being carried by {A}'),
    said('is carried by', '{B} is carried by {A}'),
    said('carries overhead', '{A} carries {B} overhead'),
    said('lies in the arms of', '{B} lies in the raised arms of {A}'),
  ],
  words: ['carr', 'raised arms', 'holds', 'overhead'],
  backgrounds: [
    'river',
    'studio',
    'beach',
    'mountain',
    'park',
    'forest',
    'snow',
    'city',
    'hilltop',
    'garden',
  ],
  boxes: [
    [0.28, 0.34, 0.72, 0.95],
    [0.18, 0.14, 0.82, 0.44],
  ],
  place(cast) {
    const { random } = cast;
    const big = (cast.heights[0] ?? 0) * 0.9;
    const small = Math.min(cast.heights[1] ?? 0, big * 1.05) * 0.86;
    const scaled = { ...cast, heights: [big, small] };
    const a = stand(scaled, 0, {
      x: 0.5,
      facing: 1,
      turn: random.uniform(0.05, 0.3),
      spread: 0.13,
      crouch: random.uniform(0, 0.03),
      headTilt: random.uniform(-0.05, 0.05),
    });
    const lean = random.uniform(1.3, 1.45);
    const spine = vec(Math.sin(lean), -Math.cos(lean));
    // The trunk rests on the carrier's head and hands.
    const top = a.hip.y - 0.64 * big;
    const hip = vec(a.hip.x - 0.2 * small + random.uniform(-0.02, 0.02), top - 0.13 * small);
    const b = stand(scaled, 1, { x: hip.x, facing: 1, turn: 0.1 });
    const along = (t: number): Vec => add(hip, times(spine, t * small));
    return {
      poses: [
        {
          ...a,
          mouth: random.chance(0.3) ? 'open' : 'smile',
          nearArm: { at: vec(a.hip.x - 0.26 * big, a.hip.y - 0.58 * big), bend: vec(-1, 0.4) },
          farArm: { at: vec(a.hip.x + 0.26 * big, a.hip.y - 0.6 * big), bend: vec(1, 0.4) },
        },
        {
          ...b,
          hip,
          lean,
          look: -0.15,
          headTilt: -lean * 0.45,
          nearArm: { at: add(along(random.uniform(0.02, 0.16)), vec(0, -0.36 * small)), bend: vec(-1, -0.2) },
          farArm: { at: add(along(0.36), vec(-0.02, 0.26 * small)), bend: vec(1, 0.4) },
          nearLeg: { at: vec(hip.x - 0.2 * small, hip.y - 0.03 * small), bend: vec(0, -1) },
          farLeg: { at: vec(hip.x - 0.17 * small, hip.y + 0.14 * small), bend: vec(-0.6, -0.6) },
        },
      ],
      props: [],
      layers: [
        ...figureLayers(0, 'front', ['nearArm', 'farArm']),
        ...figureLayers(1, 'front'),
        part(0, 'farArm'),
        part(0, 'nearArm'),
      ],
    };
  },
};

export const backToBack: Relation = {
  id: 'back-to-back',
  kind: 'pair',
  label: 'Sitting back to back',
  wordings: [
    said('is sitting back to back with'),
    said('sits back to back with'),
    said('sit back to back', '{A} and {B} sit back to back'),
    said('are sitting back to back', '{A} and {B} are sitting back to back'),
    said('leans back against', '{A} sits and leans back against {B}'),
    said('rest against each other', "{A} and {B} sit on the ground and rest against each other's backs"),
  ],
  words: ['back to back', 'sit', 'lean', 'rest'],
  backgrounds: [
    'hilltop',
    'park',
    'studio',
    'beach',
    'mountain',
    'garden',
    'living-room',
    'forest',
    'rooftop',
    'snow',
  ],
  boxes: [
    [0.12, 0.36, 0.51, 0.92],
    [0.49, 0.36, 0.88, 0.92],
  ],
  place(cast) {
    const { random } = cast;
    const sit = (index: 0 | 1, side: 1 | -1): ReturnType<typeof stand> => {
      const base = stand(cast, index, { x: 0.5, facing: side, turn: 0.85 });
      const h = base.height;
      const hip = vec(0.5 + side * 0.15 * h, cast.ground - 0.105 * h);
      const knee = random.uniform(0.28, 0.34);
      const ankle = cast.ground - 0.06 * h;
      const at = (dx: number, dy: number): { x: number; y: number } =>
        vec(hip.x + side * dx * h, hip.y + dy * h);
      return {
        ...base,
        hip,
        lean: side * random.uniform(0.02, 0.1),
        headTilt: side * random.uniform(0.02, 0.12),
        nearArm: { at: at(0.17, -0.1), bend: vec(0, 1) },
        farArm: { at: at(0.2, -0.12), bend: vec(0, 1) },
        nearLeg: { at: vec(hip.x + side * knee * 0.7 * h, ankle), bend: vec(side * 0.2, -1) },
        farLeg: { at: vec(hip.x + side * (knee * 0.7 + 0.07) * h, ankle - 0.01), bend: vec(side * 0.2, -1) },
      };
    };
    return {
      poses: [sit(0, -1), sit(1, 1)],
      props: [],
      layers: [
        part(0, 'back'),
        part(1, 'back'),
        ...figureLayers(0, 'behind', ['back']),
        ...figureLayers(1, 'behind', ['back']),
      ],
    };
  },
};

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
    [0.08, 0.26, 0.46, 0.92],
    [0.54, 0.26, 0.92, 0.92],
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
    [0.06, 0.2, 0.44, 0.9],
    [0.4, 0.24, 0.76, 0.92],
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
