import { type Random } from '../../shared/random.ts';
import {
  figureLayers,
  saidAlone,
  stand,
  type Arrangement,
  type Cast,
  type Relation,
} from '../arrangement.ts';
import { vec } from '../geometry.ts';
import { type Pose } from '../skeleton.ts';

/** A relaxed standing pose with arms somewhere at the sides. */
export function relaxed(cast: Cast, index: number, x: number, random: Random): Pose {
  const facing = random.chance(0.5) ? 1 : -1;
  const turn = random.uniform(0, 0.5);
  const pose = stand(cast, index, {
    x,
    facing,
    turn,
    lean: random.uniform(-0.05, 0.05),
    headTilt: random.uniform(-0.1, 0.1),
    spread: random.uniform(0.07, 0.12),
  });
  const h = pose.height;
  const hand = (side: number): { x: number; y: number } => {
    const raise = random.chance(0.15) ? random.uniform(0.2, 0.4) : random.uniform(-0.02, 0.1);
    return vec(x + side * random.uniform(0.2, 0.27) * h * (1 - 0.3 * turn), pose.hip.y - raise * h);
  };
  return {
    ...pose,
    nearArm: { at: hand(-facing), bend: vec(-facing, 0.4) },
    farArm: { at: hand(facing), bend: vec(facing, 0.4) },
    mouth: random.chance(0.2) ? 'open' : 'smile',
  };
}

function apart(cast: Cast): Arrangement {
  const { random } = cast;
  const count = cast.identities.length;
  const gap = count === 1 ? 0 : random.uniform(0.22, 0.28);
  const poses = cast.identities.map((_identity, index) =>
    relaxed(cast, index, 0.5 + (index - (count - 1) / 2) * 2 * gap + random.uniform(-0.02, 0.02), random),
  );
  return { poses, props: [], layers: poses.flatMap((_pose, index) => figureLayers(index, 'front')) };
}

/** No relation: the characters just stand there. */
export const neutral: Relation = {
  id: 'none',
  kind: 'pair',
  label: 'No relation',
  wordings: [
    saidAlone('is standing next to', '{A} is standing next to {B}'),
    saidAlone('stands beside', '{A} stands beside {B}'),
    saidAlone('are standing', '{A} and {B} are standing'),
  ],
  words: [],
  backgrounds: [
    'mountain',
    'beach',
    'park',
    'forest',
    'snow',
    'city',
    'countryside',
    'garden',
    'hilltop',
    'river',
    'living-room',
    'kitchen',
    'gym',
    'stage',
    'rooftop',
    'ballroom',
    'restaurant',
    'arena',
    'ring',
    'court',
    'studio',
  ],
  boxes: [
    [0.08, 0.28, 0.44, 0.92],
    [0.56, 0.28, 0.92, 0.92],
  ],
  place: apart,
};

/** The same for one character. */
export const neutralAlone: Relation = {
  ...neutral,
  kind: 'single',
  boxes: [[0.28, 0.18, 0.7, 0.92]],
  wordings: [saidAlone('is standing'), saidAlone('stands'), saidAlone('is standing still')],
};
