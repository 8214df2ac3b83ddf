import { figureLayers, part, prop, saidAlone, stand, type Relation } from '../arrangement.ts';
import { add, vec } from '../geometry.ts';
import { thing } from '../props/types.ts';

export const eating: Relation = {
  id: 'eating',
  kind: 'single',
  label: 'Eating dinner',
  wordings: [
    saidAlone('is eating dinner'),
    saidAlone('eats dinner'),
    saidAlone('is eating'),
    saidAlone('has a meal'),
    saidAlone('enjoys a meal at a table'),
    saidAlone('sits at a table and eats'),
  ],
  words: ['eat', 'meal', 'dinner', 'table'],
  backgrounds: ['restaurant', 'studio', 'kitchen', 'living-room', 'garden', 'park', 'beach', 'rooftop'],
  boxes: [[0.3, 0.17, 0.73, 0.92]],
  place(cast) {
    const { random } = cast;
    const a = stand(cast, 0, {
      x: 0.5,
      facing: 1,
      turn: random.uniform(0.05, 0.2),
      headTilt: random.uniform(-0.06, 0.08),
    });
    const h = a.height;
    const y = a.hip.y - 0.06 * h;
    const mouth = vec(0.5 + 0.13 * h, a.hip.y - 0.36 * h);
    const hand = vec(0.5 + 0.24 * h, a.hip.y - 0.27 * h);
    return {
      poses: [
        {
          ...a,
          mouth: 'open',
          look: 0.2,
          nearArm: { at: vec(0.5 - 0.17 * h, y - 0.02 * h), bend: vec(-1, 0.4) },
          farArm: { at: hand, bend: vec(1, 1) },
        },
      ],
      props: [
        thing(
          'table',
          vec(0.5 - 0.42 * h, y + 0.02 * h),
          vec(0.5 + 0.42 * h, y + 0.02 * h),
          h,
          random.pick([
            [246, 240, 230],
            [206, 104, 96],
            [120, 156, 178],
          ] as const),
        ),
        thing('plate', vec(0.5, y + 0.03 * h), mouth, h, [255, 255, 255]),
        thing('fork', hand, mouth, h, [220, 220, 230]),
      ],
      layers: [
        ...figureLayers(0, 'behind', ['farArm', 'nearArm']),
        prop(0),
        prop(1),
        prop(2),
        part(0, 'farArm'),
        part(0, 'nearArm'),
      ],
    };
  },
};

export const reading: Relation = {
  id: 'reading',
  kind: 'single',
  label: 'Reading a book',
  wordings: [
    saidAlone('is reading a book'),
    saidAlone('reads a book'),
    saidAlone('reads a story'),
    saidAlone('is reading'),
    saidAlone('looks into an open book'),
    saidAlone('holds an open book and reads'),
  ],
  words: ['read', 'book', 'story'],
  backgrounds: ['living-room', 'studio', 'park', 'garden', 'beach', 'forest', 'hilltop', 'restaurant'],
  boxes: [[0.3, 0.17, 0.69, 0.92]],
  place(cast) {
    const { random } = cast;
    const a = stand(cast, 0, {
      x: 0.5,
      facing: 1,
      turn: random.uniform(0, 0.2),
      headTilt: random.uniform(-0.05, 0.08),
      spread: 0.09,
    });
    const h = a.height;
    const y = a.hip.y - random.uniform(0.11, 0.14) * h;
    const tilt = random.uniform(-0.02, 0.02) * h;
    const left = vec(0.5 - 0.17 * h, y + tilt);
    const right = vec(0.5 + 0.17 * h, y - tilt);
    return {
      poses: [
        {
          ...a,
          look: random.uniform(-0.15, 0.15),
          nearArm: { at: add(left, vec(0, 0.03 * h)), bend: vec(-1, 0.8) },
          farArm: { at: add(right, vec(0, 0.03 * h)), bend: vec(1, 0.8) },
        },
      ],
      props: [
        thing(
          'book',
          left,
          right,
          h * 1.25,
          random.pick([
            [206, 78, 72],
            [74, 120, 180],
            [96, 152, 100],
            [230, 180, 80],
          ] as const),
        ),
      ],
      layers: [
        ...figureLayers(0, 'behind', ['farArm', 'nearArm']),
        prop(0),
        part(0, 'farArm'),
        part(0, 'nearArm'),
      ],
    };
  },
};

export const cooking: Relation = {
  id: 'cooking',
  kind: 'single',
  label: 'Cooking',
  wordings: [
    saidAlone('is cooking lunch'),
    saidAlone('cooks lunch'),
    saidAlone('is cooking'),
    saidAlone('fries an egg in a pan'),
    saidAlone('cooks a meal'),
    saidAlone('prepares food with a pan'),
  ],
  words: ['cook', 'fries', 'food', 'lunch', 'meal'],
  backgrounds: ['kitchen', 'studio', 'garden', 'hilltop', 'restaurant', 'countryside', 'beach', 'mountain'],
  boxes: [[0.28, 0.17, 0.69, 0.92]],
  place(cast) {
    const { random } = cast;
    const a = stand(cast, 0, {
      x: 0.5,
      facing: 1,
      turn: random.uniform(0.1, 0.25),
      headTilt: random.uniform(0, 0.1),
    });
    const h = a.height;
    const y = a.hip.y - 0.05 * h;
    const handle = vec(0.5 + 0.17 * h, y - 0.12 * h);
    const turner = vec(0.5 - 0.24 * h, y - 0.16 * h);
    const wood = random.pick([
      [150, 176, 180],
      [206, 150, 108],
      [226, 196, 140],
    ] as const);
    return {
      poses: [
        {
          ...a,
          look: 0.25,
          mouth: random.chance(0.3) ? 'open' : 'smile',
          farArm: { at: handle, bend: vec(1, 0.8) },
          nearArm: { at: turner, bend: vec(-1, 0.8) },
        },
      ],
      props: [
        thing('table', vec(0.5 - 0.44 * h, y + 0.02 * h), vec(0.5 + 0.48 * h, y + 0.02 * h), h, wood),
        thing('pan', handle, vec(0.5 + 0.37 * h, y - 0.1 * h), h),
        thing('spatula', turner, vec(0.5 - 0.31 * h, y - 0.3 * h), h),
        thing('steam', vec(0.5 + 0.37 * h, y - 0.15 * h), turner, h),
        thing('plate', vec(0.5 - 0.2 * h, y + 0.035 * h), turner, h * 0.9),
      ],
      layers: [
        ...figureLayers(0, 'behind', ['farArm', 'nearArm']),
        prop(0),
        prop(4),
        prop(3),
        prop(1),
        prop(2),
        part(0, 'farArm'),
        part(0, 'nearArm'),
      ],
    };
  },
};

export const sleeping: Relation = {
  id: 'sleeping',
  kind: 'single',
  label: 'Sleeping',
  wordings: [
    saidAlone('is sleeping'),
    saidAlone('sleeps'),
    saidAlone('sleeps peacefully in a hammock'),
    saidAlone('is sleeping in a hammock'),
    saidAlone('takes a nap'),
    saidAlone('lies asleep in a hammock'),
  ],
  words: ['sleep', 'nap', 'hammock'],
  backgrounds: ['beach', 'studio', 'park', 'garden', 'forest', 'hilltop', 'countryside', 'rooftop'],
  boxes: [[0.23, 0.4, 0.77, 0.85]],
  place(cast) {
    const { random } = cast;
    const heights = cast.heights.map((height) => height * 0.86);
    const base = stand({ ...cast, heights }, 0, { x: 0.5, facing: 1, turn: 0.1 });
    const h = base.height;
    const lean = -random.uniform(1.2, 1.32);
    const hip = vec(0.5 + 0.13 * h, cast.ground - random.uniform(0.25, 0.29) * h);
    const at = (x: number, y: number): { x: number; y: number } => vec(hip.x + x * h, hip.y + y * h);
    const left = at(-0.72, -0.3);
    const right = at(0.46, -0.3);
    const cloth = random.pick([
      [224, 110, 96],
      [98, 150, 176],
      [240, 196, 104],
      [130, 172, 120],
    ] as const);
    return {
      poses: [
        {
          ...base,
          hip,
          lean,
          eyes: 'closed',
          mouth: 'smile',
          look: 0,
          headTilt: -lean * 0.45,
          nearArm: { at: at(-0.12, 0), bend: vec(0, 1) },
          farArm: { at: at(-0.05, -0.17), bend: vec(0, -1) },
          nearLeg: { at: at(0.22, 0.02), bend: vec(0, -1) },
          farLeg: { at: at(0.22, -0.07), bend: vec(0, -1) },
        },
      ],
      props: [
        thing('hammock-back', left, right, h, cloth),
        thing('hammock-front', left, right, h, cloth),
        thing('sleep', at(-0.26, -0.38), at(-0.02, -0.62), h, [110, 130, 200]),
      ],
      layers: [prop(0), ...figureLayers(0, 'front'), prop(1), prop(2)],
    };
  },
};
