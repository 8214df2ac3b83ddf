import { figureLayers, part, said, stand, type Relation } from '../arrangement.ts';
import { add, vec } from '../geometry.ts';

export const hugging: Relation = {
  id: 'hugging', kind: 'pair', label: 'Hugging',
  wordings: [
    said('is hugging'), said('hugs'), said('embraces'), said('is embracing'),
    said('gives a hug', '{A} gives {B} a hug'), said('holds in its arms', '{A} holds {B} tight in a warm hug'),
    said('is being hugged by', '{B} is being hugged by {A}'), said('are hugging', '{A} and {B} are hugging'),
    said('hug each other', '{A} and {B} hug each other'),
  ],
  words: ['hug', 'embrac', 'cuddl', 'arms'],
  backgrounds: ['mountain', 'park', 'studio', 'beach', 'garden', 'hilltop', 'city', 'living-room', 'snow', 'forest'],
  boxes: [[0.2, 0.22, 0.55, 0.92], [0.45, 0.24, 0.8, 0.92]],
  place(cast) {
    const { random } = cast;
    const size = ((cast.heights[0] ?? 0) + (cast.heights[1] ?? 0)) / 2;
    const half = random.uniform(0.165, 0.185) * size;
    const lean = random.uniform(0.03, 0.09);
    const a = stand(cast, 0, { x: 0.5 - half, facing: 1, turn: 0.62, lean, headTilt: random.uniform(-0.16, -0.06), spread: 0.07 });
    const b = stand(cast, 1, { x: 0.5 + half, facing: -1, turn: 0.62, lean: -lean, headTilt: random.uniform(0.06, 0.16), spread: 0.07 });
    const backOfB = vec(b.hip.x + 0.05 * b.height, b.hip.y - random.uniform(0.2, 0.25) * b.height);
    const backOfA = vec(a.hip.x - 0.05 * a.height, a.hip.y - random.uniform(0.08, 0.13) * a.height);
    const smile = random.chance(0.5) ? 'closed' : 'open';
    return {
      poses: [
        { ...a, eyes: smile, look: 0.5, nearArm: { at: backOfB, bend: vec(0.1, 1) }, farArm: { at: add(backOfB, vec(-0.04, -0.04)), bend: vec(0, -1) } },
        { ...b, eyes: smile, look: -0.5, nearArm: { at: backOfA, bend: vec(-0.1, 1) }, farArm: { at: add(backOfA, vec(0.04, -0.1)), bend: vec(0, -1) } },
      ],
      props: [],
      layers: [
        part(0, 'back'), part(1, 'back'), part(0, 'farArm'), part(1, 'farArm'),
        ...figureLayers(1, 'behind', ['back', 'farArm', 'nearArm']),
        ...figureLayers(0, 'behind', ['back', 'farArm', 'nearArm']),
        part(1, 'nearArm'), part(0, 'nearArm'),
      ],
    };
  },
};

export const shakingHands: Relation = {
  id: 'shaking-hands', kind: 'pair', label: 'Shaking hands',
  wordings: [
    said('shakes hands with'), said('is shaking hands with'), said('gives a handshake to'),
    said('shake hands', '{A} and {B} shake hands'), said('are shaking hands', '{A} and {B} are shaking hands'),
    said('greets with a handshake', '{A} greets {B} with a handshake'), said('shakes the hand of'),
  ],
  words: ['shak', 'shook', 'handshake', 'greet'],
  backgrounds: ['stage', 'studio', 'city', 'park', 'mountain', 'ballroom', 'restaurant', 'garden', 'arena', 'beach'],
  boxes: [[0.1, 0.24, 0.5, 0.92], [0.5, 0.24, 0.9, 0.92]],
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
      layers: [...figureLayers(0, 'behind', ['nearArm']), ...figureLayers(1, 'behind', ['nearArm']), part(1, 'nearArm'), part(0, 'nearArm')],
    };
  },
};

export const carrying: Relation = {
  id: 'carrying', kind: 'pair', label: 'Carrying',
  wordings: [
    said('is carrying'), said('carries'), said('holds in its arms', '{A} holds {B} up in its arms'),
    said('is being carried by', '{B} is being carried by {A}'), said('is carried by', '{B} is carried by {A}'),
    said('carries in its arms', '{A} carries {B} in its arms'), said('lies in the arms of', '{B} lies in the arms of {A}'),
  ],
  words: ['carr', 'arms', 'holds'],
  backgrounds: ['river', 'studio', 'beach', 'mountain', 'park', 'forest', 'snow', 'city', 'hilltop', 'garden'],
  boxes: [[0.3, 0.2, 0.7, 0.95], [0.15, 0.42, 0.85, 0.72]],
  place(cast) {
    const { random } = cast;
    const big = (cast.heights[0] ?? 0) * 1.12;
    const small = Math.min(cast.heights[1] ?? 0, big) * 0.74;
    const scaled = { ...cast, heights: [big, small] };
    const a = stand(scaled, 0, { x: 0.5, facing: 1, turn: 0.2, spread: 0.12 });
    const lean = random.uniform(1.15, 1.35);
    const middle = vec(a.hip.x, a.hip.y - random.uniform(0.08, 0.12) * big);
    const b0 = stand(scaled, 1, { x: middle.x - 0.17 * small, facing: 1, turn: 0.25 });
    const hip = vec(middle.x - 0.17 * small, middle.y + 0.03 * small);
    const up = vec(Math.sin(lean), -Math.cos(lean));
    const leg = (out: number): { at: { x: number; y: number }; bend: { x: number; y: number } } => ({
      at: vec(hip.x - 0.19 * small, hip.y + out * small), bend: vec(-0.3, -1),
    });
    return {
      poses: [
        { ...a, look: 0.3, headTilt: 0.08, nearArm: { at: vec(hip.x - 0.02 * big, hip.y + 0.06 * big), bend: vec(-1, 0.6) }, farArm: { at: add(hip, vec(up.x * 0.3 * small, up.y * 0.3 * small + 0.07 * big)), bend: vec(1, 0.6) } },
        {
          ...b0, hip, lean, look: -0.1, headTilt: -lean * 0.55,
          nearArm: { at: add(hip, vec(0.14 * small, -0.08 * small)), bend: vec(0, -1) },
          farArm: { at: add(hip, vec(up.x * 0.34 * small - 0.02, -0.27 * small)), bend: vec(0, -1) },
          nearLeg: leg(0.12), farLeg: leg(0.02),
        },
      ],
      props: [],
      layers: [
        ...figureLayers(0, 'behind', ['nearArm', 'farArm']),
        ...figureLayers(1, 'front'), part(0, 'nearArm'), part(0, 'farArm'),
      ],
    };
  },
};

export const backToBack: Relation = {
  id: 'back-to-back', kind: 'pair', label: 'Sitting back to back',
  wordings: [
    said('is sitting back to back with'), said('sits back to back with'),
    said('sit back to back', '{A} and {B} sit back to back'), said('are sitting back to back', '{A} and {B} are sitting back to back'),
    said('leans back against', '{A} sits and leans back against {B}'), said('rest against each other', '{A} and {B} sit on the ground and rest against each other\'s backs'),
  ],
  words: ['back to back', 'sit', 'lean', 'rest'],
  backgrounds: ['hilltop', 'park', 'studio', 'beach', 'mountain', 'garden', 'living-room', 'forest', 'rooftop', 'snow'],
  boxes: [[0.12, 0.36, 0.51, 0.92], [0.49, 0.36, 0.88, 0.92]],
  place(cast) {
    const { random } = cast;
    const sit = (index: 0 | 1, side: 1 | -1): ReturnType<typeof stand> => {
      const base = stand(cast, index, { x: 0.5, facing: side, turn: 0.85 });
      const h = base.height;
      const hip = vec(0.5 + side * 0.145 * h, cast.ground - 0.105 * h);
      const knee = random.uniform(0.28, 0.34);
      const ankle = cast.ground - 0.06 * h;
      const at = (dx: number, dy: number): { x: number; y: number } => vec(hip.x + side * dx * h, hip.y + dy * h);
      return {
        ...base, hip, lean: -side * random.uniform(0.04, 0.12), headTilt: -side * random.uniform(0, 0.12),
        nearArm: { at: at(0.17, -0.1), bend: vec(0, 1) }, farArm: { at: at(0.2, -0.12), bend: vec(0, 1) },
        nearLeg: { at: vec(hip.x + side * knee * 0.7 * h, ankle), bend: vec(side * 0.2, -1) },
        farLeg: { at: vec(hip.x + side * (knee * 0.7 + 0.07) * h, ankle - 0.01), bend: vec(side * 0.2, -1) },
      };
    };
    return {
      poses: [sit(0, -1), sit(1, 1)],
      props: [],
      layers: [part(0, 'back'), part(1, 'back'), ...figureLayers(0, 'behind', ['back']), ...figureLayers(1, 'behind', ['back'])],
    };
  },
};
