import { figureLayers, part, said, stand, type Relation } from '../arrangement.ts';
import { add, times, vec, type Vec } from '../geometry.ts';

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
    [0.32, 0.38, 0.68, 0.91],
    [0.26, 0.1, 0.71, 0.44],
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
          farArm: { at: add(along(0.56), vec(0, 0.2 * small)), bend: vec(0, 1) },
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
    [0.19, 0.38, 0.52, 0.9],
    [0.45, 0.38, 0.81, 0.9],
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
