import { figureLayers, part, prop, saidAlone, stand, type Relation } from '../arrangement.ts';
import { add, vec } from '../geometry.ts';
import { thing } from '../props/types.ts';

export const playingGuitar: Relation = {
  id: 'playing-guitar',
  kind: 'single',
  label: 'Playing guitar',
  wordings: [
    saidAlone('is playing guitar'),
    saidAlone('plays the guitar'),
    saidAlone('plays a song on the guitar'),
    saidAlone('strums a guitar'),
    saidAlone('is playing an acoustic guitar'),
    saidAlone('makes music with a guitar'),
  ],
  words: ['guitar', 'music', 'song', 'play'],
  backgrounds: ['park', 'studio', 'stage', 'beach', 'living-room', 'city', 'hilltop', 'garden', 'rooftop'],
  boxes: [[0.32, 0.17, 0.73, 0.92]],
  place(cast) {
    const { random } = cast;
    const a = stand(cast, 0, {
      x: 0.5,
      facing: 1,
      turn: random.uniform(0.15, 0.35),
      headTilt: random.uniform(0, 0.12),
      spread: 0.1,
    });
    const h = a.height;
    const sound = vec(0.5 - 0.03 * h, a.hip.y - 0.09 * h);
    const rise = random.uniform(0.3, 0.55);
    const tip = add(sound, vec(Math.cos(rise) * 0.43 * h, -Math.sin(rise) * 0.43 * h));
    const body = random.pick([
      [222, 146, 74],
      [190, 84, 60],
      [236, 190, 110],
      [96, 130, 180],
    ] as const);
    return {
      poses: [
        {
          ...a,
          look: 0.25,
          mouth: random.chance(0.3) ? 'open' : 'smile',
          nearArm: { at: add(sound, vec(-0.02 * h, -0.01 * h)), bend: vec(-1, 0.5) },
          farArm: {
            at: vec(sound.x + (tip.x - sound.x) * 0.72, sound.y + (tip.y - sound.y) * 0.72),
            bend: vec(0.6, 1),
          },
        },
      ],
      props: [
        thing('guitar', sound, tip, h, body),
        thing('notes', vec(0.5 + 0.4 * h, a.hip.y - 0.5 * h), tip, h, [92, 70, 120]),
      ],
      layers: [
        prop(1),
        ...figureLayers(0, 'behind', ['farArm', 'nearArm']),
        prop(0),
        part(0, 'farArm'),
        part(0, 'nearArm'),
      ],
    };
  },
};

export const playingPiano: Relation = {
  id: 'playing-piano',
  kind: 'single',
  label: 'Playing piano',
  wordings: [
    saidAlone('is playing piano'),
    saidAlone('plays the piano'),
    saidAlone('is playing the piano'),
    saidAlone('sits at the piano and plays'),
    saidAlone('plays a melody on the piano'),
    saidAlone('gives a piano concert'),
  ],
  words: ['piano', 'play', 'melody', 'concert'],
  backgrounds: ['ballroom', 'studio', 'stage', 'living-room', 'restaurant', 'arena', 'garden', 'rooftop'],
  boxes: [[0.21, 0.25, 0.66, 0.91]],
  place(cast) {
    const { random } = cast;
    const heights = cast.heights.map((height) => height * 0.94);
    const base = stand({ ...cast, heights }, 0, {
      x: 0.36,
      facing: 1,
      turn: 0.6,
      lean: random.uniform(0.02, 0.1),
      headTilt: random.uniform(-0.06, 0.1),
    });
    const h = base.height;
    const hip = vec(0.36, cast.ground - 0.21 * h);
    const corner = vec(hip.x + 0.31 * h, cast.ground);
    const keys = vec(corner.x + 0.02 * h, cast.ground - 0.36 * h);
    return {
      poses: [
        {
          ...base,
          hip,
          look: 0.5,
          eyes: random.chance(0.3) ? 'closed' : 'open',
          nearArm: { at: add(keys, vec(-0.03 * h, 0)), bend: vec(-0.2, 1) },
          farArm: { at: add(keys, vec(0.03 * h, -0.03 * h)), bend: vec(-0.2, 1) },
          nearLeg: { at: vec(hip.x + 0.15 * h, cast.ground - 0.045 * h), bend: vec(1, -0.5) },
          farLeg: { at: vec(hip.x + 0.2 * h, cast.ground - 0.05 * h), bend: vec(1, -0.5) },
        },
      ],
      props: [
        thing(
          'piano',
          corner,
          vec(1, corner.y),
          h,
          random.pick([
            [74, 62, 76],
            [150, 92, 62],
            [236, 230, 222],
            [150, 70, 74],
          ] as const),
        ),
        thing(
          'stool',
          vec(hip.x - 0.02 * h, hip.y + 0.09 * h),
          vec(hip.x - 0.02 * h, cast.ground),
          h,
          [196, 84, 84],
        ),
        thing('notes', vec(corner.x + 0.12 * h, cast.ground - 0.78 * h), keys, h, [92, 70, 120]),
      ],
      layers: [prop(0), prop(2), prop(1), ...figureLayers(0)],
    };
  },
};

export const singing: Relation = {
  id: 'singing',
  kind: 'single',
  label: 'Singing',
  wordings: [
    saidAlone('is singing'),
    saidAlone('sings'),
    saidAlone('sings a song'),
    saidAlone('sings into a microphone'),
    saidAlone('is singing loudly'),
    saidAlone('performs a song with a microphone'),
  ],
  words: ['sing', 'song', 'microphone', 'perform'],
  backgrounds: ['stage', 'studio', 'restaurant', 'rooftop', 'city', 'arena', 'beach', 'park'],
  boxes: [[0.24, 0.17, 0.7, 0.92]],
  place(cast) {
    const { random } = cast;
    const a = stand(cast, 0, {
      x: 0.5,
      facing: 1,
      turn: random.uniform(0.15, 0.35),
      lean: -random.uniform(0, 0.08),
      spread: 0.1,
    });
    const h = a.height;
    const hand = vec(0.5 + 0.2 * h, a.hip.y - 0.29 * h);
    const top = vec(0.5 + 0.13 * h, a.hip.y - 0.375 * h);
    return {
      poses: [
        {
          ...a,
          mouth: 'open',
          eyes: random.chance(0.5) ? 'closed' : 'open',
          look: 0.3,
          headTilt: -0.06,
          farArm: { at: hand, bend: vec(1, 0.8) },
          nearArm: { at: vec(0.5 - 0.3 * h, a.hip.y - random.uniform(0.2, 0.42) * h), bend: vec(0, 1) },
        },
      ],
      props: [
        thing('microphone', hand, top, h),
        thing('notes', vec(0.5 + 0.4 * h, a.hip.y - 0.5 * h), top, h, [250, 214, 110]),
        thing('notes', vec(0.5 - 0.38 * h, a.hip.y - 0.56 * h), top, h, [240, 150, 176]),
      ],
      layers: [prop(1), prop(2), ...figureLayers(0, 'front', ['farArm']), prop(0), part(0, 'farArm')],
    };
  },
};
