import { figureLayers, part, prop, saidAlone, stand, type Relation } from '../arrangement.ts';
import { add, vec } from '../geometry.ts';

export const playingGuitar: Relation = {
  id: 'playing-guitar', kind: 'single', label: 'Playing guitar',
  wordings: [
    saidAlone('is playing guitar'), saidAlone('plays the guitar'), saidAlone('plays a song on the guitar'), saidAlone('strums a guitar'),
    saidAlone('is playing an acoustic guitar'), saidAlone('makes music with a guitar'),
  ],
  words: ['guitar', 'music', 'song', 'play'],
  backgrounds: ['park', 'studio', 'stage', 'beach', 'living-room', 'city', 'hilltop', 'garden', 'rooftop'],
  boxes: [[0.24, 0.14, 0.76, 0.94]],
  place(cast) {
    const { random } = cast;
    const a = stand(cast, 0, { x: 0.5, facing: 1, turn: random.uniform(0.15, 0.35), headTilt: random.uniform(0, 0.12), spread: 0.1 });
    const h = a.height;
    const sound = vec(0.5 - 0.03 * h, a.hip.y - 0.09 * h);
    const rise = random.uniform(0.3, 0.55);
    const tip = add(sound, vec(Math.cos(rise) * 0.43 * h, -Math.sin(rise) * 0.43 * h));
    const body = random.pick([[222, 146, 74], [190, 84, 60], [236, 190, 110], [96, 130, 180]] as const);
    return {
      poses: [{
        ...a, look: 0.25, mouth: random.chance(0.3) ? 'open' : 'smile',
        nearArm: { at: add(sound, vec(-0.02 * h, -0.01 * h)), bend: vec(-1, 0.5) },
        farArm: { at: vec(sound.x + (tip.x - sound.x) * 0.72, sound.y + (tip.y - sound.y) * 0.72), bend: vec(0.6, 1) },
      }],
      props: [
        { kind: 'guitar', at: sound, to: tip, size: h, flip: 1, color: body },
        { kind: 'notes', at: vec(0.5 + 0.4 * h, a.hip.y - 0.5 * h), to: tip, size: h, flip: 1, color: [92, 70, 120] },
      ],
      layers: [prop(1), ...figureLayers(0, 'behind', ['farArm', 'nearArm']), prop(0), part(0, 'farArm'), part(0, 'nearArm')],
    };
  },
};

export const reading: Relation = {
  id: 'reading', kind: 'single', label: 'Reading a book',
  wordings: [
    saidAlone('is reading a book'), saidAlone('reads a book'), saidAlone('reads a story'), saidAlone('is reading'),
    saidAlone('looks into an open book'), saidAlone('holds an open book and reads'),
  ],
  words: ['read', 'book', 'story'],
  backgrounds: ['living-room', 'studio', 'park', 'garden', 'beach', 'forest', 'hilltop', 'restaurant'],
  boxes: [[0.26, 0.14, 0.74, 0.94]],
  place(cast) {
    const { random } = cast;
    const a = stand(cast, 0, { x: 0.5, facing: 1, turn: random.uniform(0, 0.2), headTilt: random.uniform(-0.05, 0.08), spread: 0.09 });
    const h = a.height;
    const y = a.hip.y - random.uniform(0.11, 0.14) * h;
    const tilt = random.uniform(-0.02, 0.02) * h;
    const left = vec(0.5 - 0.17 * h, y + tilt);
    const right = vec(0.5 + 0.17 * h, y - tilt);
    return {
      poses: [{
        ...a, look: random.uniform(-0.15, 0.15), nearArm: { at: add(left, vec(0, 0.03 * h)), bend: vec(-1, 0.8) }, farArm: { at: add(right, vec(0, 0.03 * h)), bend: vec(1, 0.8) },
      }],
      props: [{ kind: 'book', at: left, to: right, size: h, flip: 1, color: random.pick([[206, 78, 72], [74, 120, 180], [96, 152, 100], [230, 180, 80]] as const) }],
      layers: [...figureLayers(0, 'behind', ['farArm', 'nearArm']), prop(0), part(0, 'farArm'), part(0, 'nearArm')],
    };
  },
};

export const lifting: Relation = {
  id: 'lifting', kind: 'single', label: 'Lifting weights',
  wordings: [
    saidAlone('is lifting weights'), saidAlone('lifts weights'), saidAlone('lifts a barbell'), saidAlone('holds a barbell overhead'),
    saidAlone('is lifting a heavy barbell'), saidAlone('works out with weights'),
  ],
  words: ['lift', 'weight', 'barbell', 'work'],
  backgrounds: ['gym', 'studio', 'arena', 'stage', 'beach', 'park', 'mountain', 'garden'],
  boxes: [[0.24, 0.16, 0.76, 0.94]],
  place(cast) {
    const { random } = cast;
    const heights = cast.heights.map((height) => height * 0.92);
    const a = stand({ ...cast, heights }, 0, { x: 0.5, facing: 1, turn: 0, spread: 0.15, crouch: random.uniform(0, 0.03) });
    const h = a.height;
    const y = a.hip.y - random.uniform(0.5, 0.53) * h;
    const tilt = random.uniform(-0.03, 0.03) * h;
    return {
      poses: [{
        ...a, look: 0, mouth: random.pick(['grim', 'open', 'smile'] as const),
        nearArm: { at: vec(0.5 - 0.25 * h, y - tilt), bend: vec(-1, 0.5) }, farArm: { at: vec(0.5 + 0.25 * h, y + tilt), bend: vec(1, 0.5) },
      }],
      props: [{ kind: 'barbell', at: vec(0.5 - 0.5 * h, y - tilt * 2), to: vec(0.5 + 0.5 * h, y + tilt * 2), size: h, flip: 1, color: random.pick([[70, 74, 92], [206, 78, 72], [74, 120, 180]] as const) }],
      layers: [...figureLayers(0, 'front', ['farArm', 'nearArm']), prop(0), part(0, 'farArm'), part(0, 'nearArm')],
    };
  },
};

export const eating: Relation = {
  id: 'eating', kind: 'single', label: 'Eating dinner',
  wordings: [
    saidAlone('is eating dinner'), saidAlone('eats dinner'), saidAlone('is eating'), saidAlone('has a meal'), saidAlone('enjoys a meal at a table'),
    saidAlone('sits at a table and eats'),
  ],
  words: ['eat', 'meal', 'dinner', 'table'],
  backgrounds: ['restaurant', 'studio', 'kitchen', 'living-room', 'garden', 'park', 'beach', 'rooftop'],
  boxes: [[0.26, 0.12, 0.74, 0.86]],
  place(cast) {
    const { random } = cast;
    const a = stand(cast, 0, { x: 0.5, facing: 1, turn: random.uniform(0.05, 0.2), headTilt: random.uniform(-0.06, 0.08) });
    const h = a.height;
    const y = a.hip.y - 0.06 * h;
    const mouth = vec(0.5 + 0.13 * h, a.hip.y - 0.36 * h);
    const hand = vec(0.5 + 0.24 * h, a.hip.y - 0.27 * h);
    return {
      poses: [{
        ...a, mouth: 'open', look: 0.2, nearArm: { at: vec(0.5 - 0.17 * h, y - 0.02 * h), bend: vec(-1, 0.4) }, farArm: { at: hand, bend: vec(1, 1) },
      }],
      props: [
        { kind: 'table', at: vec(0.5 - 0.42 * h, y + 0.02 * h), to: vec(0.5 + 0.42 * h, y + 0.02 * h), size: h, flip: 1, color: random.pick([[246, 240, 230], [206, 104, 96], [120, 156, 178]] as const) },
        { kind: 'plate', at: vec(0.5, y + 0.03 * h), to: mouth, size: h, flip: 1, color: [255, 255, 255] },
        { kind: 'fork', at: hand, to: mouth, size: h, flip: 1, color: [220, 220, 230] },
      ],
      layers: [...figureLayers(0, 'behind', ['farArm', 'nearArm']), prop(0), prop(1), prop(2), part(0, 'farArm'), part(0, 'nearArm')],
    };
  },
};
