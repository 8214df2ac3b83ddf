import { figureLayers, part, prop, said, stand, type Relation } from '../arrangement.ts';
import { add, vec } from '../geometry.ts';
import { thing, type Prop } from '../props/types.ts';

export const fencing: Relation = {
  id: 'fencing',
  kind: 'pair',
  label: 'Fencing',
  wordings: [
    said('is fencing with'),
    said('fences with'),
    said('crosses swords with'),
    said('duels with'),
    said('are fencing', '{A} and {B} are fencing'),
    said('cross their swords', '{A} and {B} cross their swords'),
    said('fights a duel with swords against', '{A} has a sword duel with {B}'),
  ],
  words: ['fenc', 'sword', 'duel'],
  backgrounds: ['arena', 'studio', 'ballroom', 'park', 'city', 'stage', 'beach', 'mountain', 'garden', 'gym'],
  boxes: [
    [0.04, 0.31, 0.45, 0.92],
    [0.55, 0.32, 0.97, 0.91],
  ],
  place(cast) {
    const { random } = cast;
    const pose = (index: 0 | 1, side: 1 | -1): ReturnType<typeof stand> => {
      const x = 0.5 - side * random.uniform(0.275, 0.295);
      const base = stand(cast, index, {
        x,
        facing: side,
        turn: 0.7,
        lean: side * random.uniform(0.06, 0.16),
        crouch: 0.045,
      });
      const h = base.height;
      const ankle = cast.ground - 0.045 * h;
      return {
        ...base,
        mouth: random.chance(0.6) ? 'smile' : 'grim',
        nearArm: {
          at: vec(x + side * 0.29 * h, base.hip.y - random.uniform(0.12, 0.2) * h),
          bend: vec(0, 1),
        },
        farArm: {
          at: vec(x - side * 0.25 * h, base.hip.y - random.uniform(0.34, 0.42) * h),
          bend: vec(-side, 0.6),
        },
        nearLeg: { at: vec(x - side * 0.19 * h, ankle), bend: vec(-side, -0.2) },
        farLeg: { at: vec(x + side * 0.2 * h, ankle), bend: vec(side, -0.4) },
      };
    };
    const poses = [pose(0, 1), pose(1, -1)];
    const [a, b] = poses;
    if (a === undefined || b === undefined) throw new RangeError('Expected two fencers.');
    const blade = (from: typeof a): Prop => {
      const rise = random.uniform(0.35, 0.6);
      const reach = 0.39 * from.height;
      return thing(
        'sword',
        from.nearArm.at,
        add(from.nearArm.at, vec(Math.cos(rise) * from.facing * reach, -Math.sin(rise) * reach)),
        from.height,
      );
    };
    return {
      poses,
      props: [blade(a), blade(b)],
      layers: [
        ...figureLayers(0, 'behind', ['nearArm']),
        ...figureLayers(1, 'behind', ['nearArm']),
        prop(0),
        prop(1),
        part(0, 'nearArm'),
        part(1, 'nearArm'),
      ],
    };
  },
};

export const fighting: Relation = {
  id: 'fighting',
  kind: 'pair',
  label: 'Fighting',
  wordings: [
    said('is fighting with'),
    said('fights with'),
    said('fights against'),
    said('punches'),
    said('throws a punch at'),
    said('are fighting', '{A} and {B} are fighting'),
    said('is being punched by', '{B} is being punched by {A}'),
  ],
  words: ['fight', 'punch'],
  backgrounds: ['garden', 'studio', 'city', 'arena', 'park', 'gym', 'beach', 'rooftop', 'forest', 'hilltop'],
  boxes: [
    [0.17, 0.31, 0.59, 0.92],
    [0.49, 0.3, 0.86, 0.91],
  ],
  place(cast) {
    const { random } = cast;
    const size = ((cast.heights[0] ?? 0) + (cast.heights[1] ?? 0)) / 2;
    const half = random.uniform(0.25, 0.28) * size;
    const a = stand(cast, 0, {
      x: 0.5 - half,
      facing: 1,
      turn: 0.7,
      lean: random.uniform(0.16, 0.26),
      crouch: 0.035,
    });
    const b = stand(cast, 1, {
      x: 0.5 + half,
      facing: -1,
      turn: 0.7,
      lean: random.uniform(0.04, 0.14),
      crouch: 0.03,
      headTilt: random.uniform(0.08, 0.2),
    });
    const ankle = (h: number): number => cast.ground - 0.045 * h;
    const hit = vec(b.hip.x - 0.15 * b.height, b.hip.y - 0.42 * b.height);
    return {
      poses: [
        {
          ...a,
          mouth: 'grim',
          nearArm: { at: hit, bend: vec(0, 1) },
          farArm: { at: vec(a.hip.x + 0.22 * a.height, a.hip.y - 0.16 * a.height), bend: vec(0, 1) },
          nearLeg: { at: vec(a.hip.x - 0.2 * a.height, ankle(a.height)), bend: vec(-1, -0.2) },
          farLeg: { at: vec(a.hip.x + 0.16 * a.height, ankle(a.height)), bend: vec(1, -0.4) },
        },
        {
          ...b,
          mouth: 'open',
          eyes: random.chance(0.5) ? 'closed' : 'open',
          nearArm: { at: vec(b.hip.x - 0.23 * b.height, b.hip.y - 0.13 * b.height), bend: vec(0, 1) },
          farArm: { at: vec(b.hip.x + 0.24 * b.height, b.hip.y - 0.34 * b.height), bend: vec(1, 0.4) },
          nearLeg: { at: vec(b.hip.x + 0.17 * b.height, ankle(b.height)), bend: vec(1, -0.2) },
          farLeg: { at: vec(b.hip.x - 0.12 * b.height, ankle(b.height)), bend: vec(-1, -0.4) },
        },
      ],
      props: [thing('burst', add(hit, vec(0.035 * size, -0.03 * size)), hit, size, [255, 206, 74])],
      layers: [...figureLayers(1), ...figureLayers(0, 'behind', ['nearArm']), prop(0), part(0, 'nearArm')],
    };
  },
};

export const wrestling: Relation = {
  id: 'wrestling',
  kind: 'pair',
  label: 'Wrestling',
  wordings: [
    said('is wrestling with'),
    said('wrestles with'),
    said('wrestles'),
    said('are wrestling', '{A} and {B} are wrestling'),
    said('grapples with'),
    said('tries to throw', '{A} grips {B} and tries to throw it'),
    said('have a wrestling match', '{A} and {B} have a wrestling match'),
  ],
  words: ['wrestl', 'grappl', 'grip', 'throw'],
  backgrounds: ['ring', 'studio', 'arena', 'gym', 'beach', 'garden', 'park', 'hilltop', 'living-room'],
  boxes: [
    [0.17, 0.31, 0.61, 0.92],
    [0.34, 0.38, 0.86, 0.93],
  ],
  place(cast) {
    const { random } = cast;
    const size = ((cast.heights[0] ?? 0) + (cast.heights[1] ?? 0)) / 2;
    const half = random.uniform(0.23, 0.26) * size;
    const a = stand(cast, 0, {
      x: 0.5 - half,
      facing: 1,
      turn: 0.6,
      lean: random.uniform(0.12, 0.2),
      crouch: 0.04,
      headTilt: random.uniform(0, 0.1),
    });
    const b = stand(cast, 1, {
      x: 0.5 + half * 1.25,
      facing: -1,
      turn: 0.6,
      lean: -random.uniform(0.72, 0.86),
      crouch: 0.05,
      headTilt: 0.25,
    });
    const at = (pose: typeof a, x: number, y: number): { x: number; y: number } =>
      vec(pose.hip.x + pose.facing * x * pose.height, pose.hip.y + y * pose.height);
    const foot = (pose: typeof a, x: number): { x: number; y: number } =>
      vec(pose.hip.x + pose.facing * x * pose.height, cast.ground - 0.045 * pose.height);
    return {
      poses: [
        {
          ...a,
          mouth: 'grim',
          nearArm: { at: at(b, 0.12, -0.24), bend: vec(0, -1) },
          farArm: { at: at(b, 0.2, -0.28), bend: vec(0, -1) },
          nearLeg: { at: foot(a, -0.22), bend: vec(-0.3, -0.4) },
          farLeg: { at: foot(a, 0.1), bend: vec(1, -0.4) },
        },
        {
          ...b,
          mouth: 'open',
          look: -0.5,
          nearArm: { at: at(a, -0.02, -0.08), bend: vec(0, 1) },
          farArm: { at: at(a, 0.06, -0.02), bend: vec(0, 1) },
          nearLeg: { at: foot(b, -0.2), bend: vec(0.3, -0.4) },
          farLeg: { at: foot(b, 0.06), bend: vec(-1, -0.4) },
        },
      ],
      props: [],
      layers: [
        ...figureLayers(0, 'behind', ['nearArm', 'farArm']),
        ...figureLayers(1, 'behind'),
        part(0, 'farArm'),
        part(0, 'nearArm'),
      ],
    };
  },
};
