import { figureLayers, part, prop, said, stand, type Relation } from '../arrangement.ts';
import { add, vec } from '../geometry.ts';
import { thing } from '../props/types.ts';

export const hugging: Relation = {
  id: 'hugging',
  kind: 'pair',
  label: 'Hugging',
  wordings: [
    said('is hugging'),
    said('hugs'),
    said('embraces'),
    said('is embracing'),
    said('gives a hug', '{A} gives {B} a hug'),
    said('holds in its arms', '{A} holds {B} tight in a warm hug'),
    said('is being hugged by', '{B} is being hugged by {A}'),
    said('are hugging', '{A} and {B} are hugging'),
    said('hug each other', '{A} and {B} hug each other'),
  ],
  words: ['hug', 'embrac'],
  backgrounds: [
    'mountain',
    'park',
    'studio',
    'beach',
    'garden',
    'hilltop',
    'city',
    'living-room',
    'snow',
    'forest',
  ],
  boxes: [
    [0.24, 0.28, 0.63, 0.92],
    [0.38, 0.29, 0.77, 0.92],
  ],
  place(cast) {
    const { random } = cast;
    const size = ((cast.heights[0] ?? 0) + (cast.heights[1] ?? 0)) / 2;
    const half = random.uniform(0.165, 0.185) * size;
    const lean = random.uniform(0.03, 0.09);
    const a = stand(cast, 0, {
      x: 0.5 - half,
      facing: 1,
      turn: 0.62,
      lean,
      headTilt: random.uniform(-0.16, -0.06),
      spread: 0.07,
    });
    const b = stand(cast, 1, {
      x: 0.5 + half,
      facing: -1,
      turn: 0.62,
      lean: -lean,
      headTilt: random.uniform(0.06, 0.16),
      spread: 0.07,
    });
    const backOfB = vec(b.hip.x + 0.05 * b.height, b.hip.y - random.uniform(0.2, 0.25) * b.height);
    const backOfA = vec(a.hip.x - 0.05 * a.height, a.hip.y - random.uniform(0.08, 0.13) * a.height);
    const smile = random.chance(0.5) ? 'closed' : 'open';
    return {
      poses: [
        {
          ...a,
          eyes: smile,
          look: 0.5,
          nearArm: { at: backOfB, bend: vec(0.1, 1) },
          farArm: { at: add(backOfB, vec(-0.04, -0.04)), bend: vec(0, -1) },
        },
        {
          ...b,
          eyes: smile,
          look: -0.5,
          nearArm: { at: backOfA, bend: vec(-0.1, 1) },
          farArm: { at: add(backOfA, vec(0.04, -0.1)), bend: vec(0, -1) },
        },
      ],
      props: [],
      layers: [
        part(0, 'back'),
        part(1, 'back'),
        part(0, 'farArm'),
        part(1, 'farArm'),
        ...figureLayers(1, 'behind', ['back', 'farArm', 'nearArm']),
        ...figureLayers(0, 'behind', ['back', 'farArm', 'nearArm']),
        part(1, 'nearArm'),
        part(0, 'nearArm'),
      ],
    };
  },
};

export const shakingHands: Relation = {
  id: 'shaking-hands',
  kind: 'pair',
  label: 'Shaking hands',
  wordings: [
    said('shakes hands with'),
    said('is shaking hands with'),
    said('gives a handshake to'),
    said('shake hands', '{A} and {B} shake hands'),
    said('are shaking hands', '{A} and {B} are shaking hands'),
    said('greets with a handshake', '{A} greets {B} with a handshake'),
    said('shakes the hand of'),
  ],
  words: ['shak', 'shook', 'handshake', 'greet'],
  backgrounds: [
    'stage',
    'studio',
    'city',
    'park',
    'mountain',
    'ballroom',
    'restaurant',
    'garden',
    'arena',
    'beach',
  ],
  boxes: [
    [0.18, 0.29, 0.54, 0.92],
    [0.5, 0.29, 0.83, 0.92],
  ],
  place(cast) {
    const { random } = cast;
    const size = ((cast.heights[0] ?? 0) + (cast.heights[1] ?? 0)) / 2;
    const half = random.uniform(0.265, 0.3) * size;
    const lean = random.uniform(0.02, 0.08);
    const a = stand(cast, 0, { x: 0.5 - half, facing: 1, turn: 0.7, lean, spread: 0.08 });
    const b = stand(cast, 1, { x: 0.5 + half, facing: -1, turn: 0.7, lean: -lean, spread: 0.08 });
    const meet = vec(0.5, (a.hip.y + b.hip.y) / 2 - random.uniform(0.08, 0.14) * size);
    return {
      poses: [
        { ...a, nearArm: { at: meet, bend: vec(-0.2, 1) } },
        { ...b, nearArm: { at: meet, bend: vec(0.2, 1) } },
      ],
      props: [],
      layers: [
        ...figureLayers(0, 'behind', ['nearArm']),
        ...figureLayers(1, 'behind', ['nearArm']),
        part(1, 'nearArm'),
        part(0, 'nearArm'),
      ],
    };
  },
};

export const kissing: Relation = {
  id: 'kissing',
  kind: 'pair',
  label: 'Kissing',
  wordings: [
    said('is kissing'),
    said('kisses'),
    said('gives a kiss', '{A} gives {B} a kiss'),
    said('are kissing', '{A} and {B} are kissing'),
    said('is being kissed by', '{B} is being kissed by {A}'),
    said('share a kiss', '{A} and {B} share a kiss'),
    said('smooches'),
  ],
  words: ['kiss', 'smooch'],
  backgrounds: [
    'city',
    'studio',
    'park',
    'beach',
    'garden',
    'rooftop',
    'ballroom',
    'mountain',
    'hilltop',
    'countryside',
  ],
  boxes: [
    [0.22, 0.29, 0.58, 0.92],
    [0.41, 0.29, 0.8, 0.92],
  ],
  place(cast) {
    const { random } = cast;
    const size = ((cast.heights[0] ?? 0) + (cast.heights[1] ?? 0)) / 2;
    // One height, so that the mouths meet.
    const heights = cast.heights.map((height) => height * 0.3 + size * 0.7);
    const half = random.uniform(0.225, 0.24) * size;
    const lean = random.uniform(0.05, 0.1);
    const a = stand({ ...cast, heights }, 0, {
      x: 0.5 - half,
      facing: 1,
      turn: 0.8,
      lean,
      headTilt: 0.05,
      spread: 0.06,
    });
    const b = stand({ ...cast, heights }, 1, {
      x: 0.5 + half,
      facing: -1,
      turn: 0.8,
      lean: -lean,
      headTilt: -0.05,
      spread: 0.06,
    });
    const umbrella = random.chance(0.35);
    const top = Math.min(a.hip.y, b.hip.y) - 0.88 * size;
    const grip = vec(0.5, a.hip.y - 0.2 * size);
    return {
      poses: [
        {
          ...a,
          look: 0.95,
          eyes: 'closed',
          mouth: 'kiss',
          nearArm: {
            at: umbrella ? grip : vec(b.hip.x - 0.08 * size, b.hip.y - 0.14 * size),
            bend: vec(0, 1),
          },
        },
        {
          ...b,
          look: -0.95,
          eyes: 'closed',
          mouth: 'kiss',
          nearArm: { at: vec(a.hip.x + 0.06 * size, a.hip.y - 0.08 * size), bend: vec(0, 1) },
        },
      ],
      props: umbrella
        ? [
            thing(
              'umbrella',
              grip,
              vec(0.5, top),
              size,
              random.pick([
                [214, 64, 62],
                [74, 120, 206],
                [142, 98, 186],
              ] as const),
            ),
            thing('hearts', vec(0.5, top + 0.24 * size), grip, size * 0.7, [232, 84, 104]),
          ]
        : [thing('hearts', vec(0.5, top + 0.1 * size), grip, size * 1.1, [232, 84, 104])],
      layers: umbrella
        ? [
            prop(0),
            ...figureLayers(1, 'behind', ['nearArm']),
            ...figureLayers(0, 'behind', ['nearArm']),
            part(1, 'nearArm'),
            part(0, 'nearArm'),
            prop(1),
          ]
        : [
            ...figureLayers(1, 'behind', ['nearArm']),
            ...figureLayers(0, 'behind', ['nearArm']),
            part(1, 'nearArm'),
            part(0, 'nearArm'),
            prop(0),
          ],
    };
  },
};
