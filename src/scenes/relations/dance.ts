import { figureLayers, part, prop, said, saidAlone, stand, type Relation } from '../arrangement.ts';
import { vec } from '../geometry.ts';
import { thing } from '../props/types.ts';

export const partnerDancing: Relation = {
  id: 'partner-dancing',
  kind: 'pair',
  label: 'Partner dancing',
  wordings: [
    said('is partner dancing with'),
    said('is dancing with'),
    said('dances with'),
    said('waltzes with'),
    said('are dancing together', '{A} and {B} are dancing together'),
    said('leads in a dance', '{A} leads {B} in a dance'),
    said('dance as partners', '{A} and {B} dance as partners'),
  ],
  words: ['danc', 'waltz'],
  backgrounds: [
    'ballroom',
    'studio',
    'stage',
    'rooftop',
    'park',
    'beach',
    'garden',
    'living-room',
    'restaurant',
    'city',
  ],
  boxes: [
    [0.17, 0.28, 0.55, 0.92],
    [0.5, 0.29, 0.86, 0.92],
  ],
  place(cast) {
    const { random } = cast;
    const size = ((cast.heights[0] ?? 0) + (cast.heights[1] ?? 0)) / 2;
    const half = random.uniform(0.235, 0.265) * size;
    const lean = random.uniform(0.02, 0.1);
    const a = stand(cast, 0, {
      x: 0.5 - half,
      facing: 1,
      turn: 0.45,
      lean: -lean,
      headTilt: random.uniform(0, 0.1),
    });
    const b = stand(cast, 1, {
      x: 0.5 + half,
      facing: -1,
      turn: 0.45,
      lean,
      headTilt: -random.uniform(0, 0.1),
    });
    const meet = vec(0.5, (a.hip.y + b.hip.y) / 2 - random.uniform(0.44, 0.5) * size);
    const hold = vec(0.5 - half * 0.25, (a.hip.y + b.hip.y) / 2 - 0.1 * size);
    const ankle = (h: number, lift: number): number => cast.ground - (0.045 + lift) * h;
    return {
      poses: [
        {
          ...a,
          farArm: { at: meet, bend: vec(0, 1) },
          nearArm: { at: vec(0.5 + half * 0.3, hold.y), bend: vec(0, 1) },
          nearLeg: {
            at: vec(a.hip.x - 0.2 * a.height, ankle(a.height, random.uniform(0.05, 0.1))),
            bend: vec(-0.2, -1),
          },
          farLeg: { at: vec(a.hip.x + 0.04 * a.height, ankle(a.height, 0)), bend: vec(1, 0) },
        },
        {
          ...b,
          farArm: { at: meet, bend: vec(0, 1) },
          nearArm: {
            at: vec(b.hip.x + 0.27 * b.height, b.hip.y - random.uniform(0.24, 0.34) * b.height),
            bend: vec(0, 1),
          },
          nearLeg: {
            at: vec(b.hip.x + 0.2 * b.height, ankle(b.height, random.uniform(0.05, 0.1))),
            bend: vec(0.2, -1),
          },
          farLeg: { at: vec(b.hip.x - 0.04 * b.height, ankle(b.height, 0)), bend: vec(-1, 0) },
        },
      ],
      props: [thing('notes', vec(0.5, cast.ground - 0.98 * size), meet, size, [92, 70, 120])],
      layers: [
        prop(0),
        ...figureLayers(1, 'behind', ['farArm', 'nearArm']),
        ...figureLayers(0, 'behind', ['farArm', 'nearArm']),
        part(1, 'farArm'),
        part(0, 'farArm'),
        part(1, 'nearArm'),
        part(0, 'nearArm'),
      ],
    };
  },
};

export const dancing: Relation = {
  id: 'dancing',
  kind: 'single',
  label: 'Dancing',
  wordings: [
    saidAlone('is dancing'),
    saidAlone('dances'),
    saidAlone('dances happily'),
    saidAlone('is doing a dance'),
    saidAlone('moves to the music'),
    saidAlone('hops and turns in a dance'),
  ],
  words: ['danc', 'music'],
  backgrounds: ['rooftop', 'studio', 'stage', 'ballroom', 'beach', 'park', 'city', 'garden'],
  boxes: [[0.24, 0.17, 0.74, 0.93]],
  place(cast) {
    const { random } = cast;
    const lean = random.uniform(0.1, 0.2);
    const a = stand(cast, 0, { x: 0.5, facing: 1, turn: 0.2, lean: -lean, headTilt: lean * 1.2 });
    const h = a.height;
    return {
      poses: [
        {
          ...a,
          mouth: 'open',
          nearArm: { at: vec(0.5 - 0.3 * h, a.hip.y - random.uniform(0.1, 0.2) * h), bend: vec(0, 1) },
          farArm: { at: vec(0.5 + 0.2 * h, a.hip.y - random.uniform(0.48, 0.54) * h), bend: vec(1, 0.3) },
          nearLeg: { at: vec(0.5 - 0.04 * h, cast.ground - 0.045 * h), bend: vec(-1, 0) },
          farLeg: {
            at: vec(0.5 + 0.22 * h, cast.ground - random.uniform(0.1, 0.16) * h),
            bend: vec(0.3, -1),
          },
        },
      ],
      props: [
        thing('notes', vec(0.5 - 0.42 * h, a.hip.y - 0.42 * h), a.hip, h, [92, 70, 120]),
        thing('notes', vec(0.5 + 0.42 * h, a.hip.y - 0.3 * h), a.hip, h, [196, 84, 110]),
      ],
      layers: [prop(0), prop(1), ...figureLayers(0, 'front')],
    };
  },
};
