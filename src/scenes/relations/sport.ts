import { figureLayers, part, prop, saidAlone, stand, type Relation } from '../arrangement.ts';
import { add, vec } from '../geometry.ts';
import { thing } from '../props/types.ts';

export const lifting: Relation = {
  id: 'lifting',
  kind: 'single',
  label: 'Lifting weights',
  wordings: [
    saidAlone('is lifting weights'),
    saidAlone('lifts weights'),
    saidAlone('lifts a barbell'),
    saidAlone('holds a barbell overhead'),
    saidAlone('is lifting a heavy barbell'),
    saidAlone('works out with weights'),
  ],
  words: ['lift', 'weight', 'barbell', 'work'],
  backgrounds: ['gym', 'studio', 'arena', 'stage', 'beach', 'park', 'mountain', 'garden'],
  boxes: [[0.29, 0.24, 0.72, 0.91]],
  place(cast) {
    const { random } = cast;
    const heights = cast.heights.map((height) => height * 0.92);
    const a = stand({ ...cast, heights }, 0, {
      x: 0.5,
      facing: 1,
      turn: 0,
      spread: 0.15,
      crouch: random.uniform(0, 0.03),
    });
    const h = a.height;
    const y = a.hip.y - random.uniform(0.5, 0.53) * h;
    const tilt = random.uniform(-0.03, 0.03) * h;
    return {
      poses: [
        {
          ...a,
          look: 0,
          mouth: random.pick(['grim', 'open', 'smile'] as const),
          nearArm: { at: vec(0.5 - 0.25 * h, y - tilt), bend: vec(-1, 0.5) },
          farArm: { at: vec(0.5 + 0.25 * h, y + tilt), bend: vec(1, 0.5) },
        },
      ],
      props: [
        thing(
          'barbell',
          vec(0.5 - 0.5 * h, y - tilt * 2),
          vec(0.5 + 0.5 * h, y + tilt * 2),
          h,
          random.pick([
            [70, 74, 92],
            [206, 78, 72],
            [74, 120, 180],
          ] as const),
        ),
      ],
      layers: [
        ...figureLayers(0, 'front', ['farArm', 'nearArm']),
        prop(0),
        part(0, 'farArm'),
        part(0, 'nearArm'),
      ],
    };
  },
};

export const skiing: Relation = {
  id: 'skiing',
  kind: 'single',
  label: 'Skiing',
  wordings: [
    saidAlone('is skiing'),
    saidAlone('skis'),
    saidAlone('is skiing down a slope'),
    saidAlone('glides on skis'),
    saidAlone('races downhill on skis'),
    saidAlone('rides its skis with two poles'),
  ],
  words: ['ski', 'slope', 'poles'],
  backgrounds: ['snow', 'studio', 'mountain', 'hilltop', 'forest', 'garden'],
  boxes: [[0.32, 0.22, 0.76, 0.91]],
  place(cast) {
    const { random } = cast;
    const slope = random.uniform(0.08, 0.2);
    const a = stand(cast, 0, {
      x: 0.47,
      facing: 1,
      turn: 0.65,
      lean: random.uniform(0.2, 0.34),
      crouch: random.uniform(0.03, 0.06),
      headTilt: -0.1,
    });
    const h = a.height;
    const foot = (x: number, lift: number): { x: number; y: number } =>
      vec(0.5 + x * h, cast.ground - 0.055 * h - lift * h + slope * x * h);
    const near = foot(-0.02, 0);
    const far = foot(0.06, 0.035);
    const run = (
      at: { x: number; y: number },
      color: readonly [number, number, number],
    ): ReturnType<typeof thing> =>
      thing(
        'ski',
        add(at, vec(-0.3 * h, 0.052 * h - slope * 0.3 * h)),
        add(at, vec(0.34 * h, 0.052 * h + slope * 0.34 * h)),
        h,
        color,
      );
    const color = random.pick([
      [214, 64, 62],
      [74, 120, 206],
      [246, 205, 84],
      [104, 168, 88],
    ] as const);
    const nearHand = vec(a.hip.x + 0.2 * h, a.hip.y - 0.12 * h);
    const farHand = vec(a.hip.x + 0.33 * h, a.hip.y - 0.16 * h);
    return {
      poses: [
        {
          ...a,
          nearArm: { at: nearHand, bend: vec(-0.6, 1) },
          farArm: { at: farHand, bend: vec(-0.6, 1) },
          nearLeg: { at: near, bend: vec(1, -0.2) },
          farLeg: { at: far, bend: vec(1, -0.2) },
        },
      ],
      props: [
        run(far, color),
        run(near, color),
        thing('pole', farHand, add(farHand, vec(-0.34 * h, 0.3 * h)), h),
        thing('pole', nearHand, add(nearHand, vec(-0.4 * h, 0.28 * h)), h),
      ],
      layers: [
        part(0, 'back'),
        prop(2),
        part(0, 'farArm'),
        prop(0),
        part(0, 'farLeg'),
        prop(1),
        ...figureLayers(0, 'behind', ['back', 'farArm', 'farLeg', 'nearArm']),
        prop(3),
        part(0, 'nearArm'),
      ],
    };
  },
};

export const playingSoccer: Relation = {
  id: 'playing-soccer',
  kind: 'single',
  label: 'Playing soccer',
  wordings: [
    saidAlone('is playing soccer'),
    saidAlone('plays soccer'),
    saidAlone('kicks a ball'),
    saidAlone('is kicking a soccer ball'),
    saidAlone('plays football'),
    saidAlone('shoots the ball'),
  ],
  words: ['soccer', 'football', 'kick', 'ball', 'play', 'shoot'],
  backgrounds: ['beach', 'studio', 'park', 'arena', 'garden', 'hilltop', 'city', 'snow'],
  boxes: [[0.21, 0.17, 0.7, 0.93]],
  place(cast) {
    const { random } = cast;
    const a = stand(cast, 0, {
      x: 0.44,
      facing: 1,
      turn: 0.5,
      lean: -random.uniform(0.1, 0.22),
      headTilt: random.uniform(0.05, 0.15),
    });
    const h = a.height;
    const toe = vec(a.hip.x + 0.26 * h, cast.ground - random.uniform(0.1, 0.15) * h);
    return {
      poses: [
        {
          ...a,
          mouth: random.chance(0.5) ? 'open' : 'smile',
          nearArm: { at: vec(a.hip.x - 0.26 * h, a.hip.y - 0.26 * h), bend: vec(-0.3, 1) },
          farArm: { at: vec(a.hip.x + 0.24 * h, a.hip.y - 0.3 * h), bend: vec(0.2, 1) },
          nearLeg: { at: vec(a.hip.x - 0.08 * h, cast.ground - 0.045 * h), bend: vec(1, 0) },
          farLeg: { at: toe, bend: vec(0.3, -1) },
        },
      ],
      props: [
        thing(
          'football',
          vec(toe.x + random.uniform(0.16, 0.22) * h, cast.ground - random.uniform(0.1, 0.2) * h),
          toe,
          h,
        ),
      ],
      layers: [...figureLayers(0), prop(0)],
    };
  },
};
