import { createRandom, type Random } from '../shared/random.ts';
import { mirrorArrangement, type Arrangement, type Relation } from './arrangement.ts';
import { backgroundOf } from './backgrounds/index.ts';
import { isHeldOutPlace, sampleCaptions, type Captions } from './captions.ts';
import { describeIdentity, samplePhrase } from './describe.ts';
import { sampleIdentity, type Identity, type Split } from './identity.ts';
import { COLORS, colorDistance } from './palette.ts';
import { RELATIONS, relationOf } from './relations/index.ts';

/** How the picture is framed: the figures' frame is turned, scaled about its middle and shifted. */
export interface View {
  readonly angle: number;
  readonly zoom: number;
  readonly dx: number;
  readonly dy: number;
}

export interface SceneObject {
  readonly identity: Identity;
  readonly phrase: string;
  readonly description: string;
  /** Seed of its reference photo. */
  readonly photoSeed: number;
}

/** A scene as plain data: everything that decides the picture, nothing drawn. */
export interface Scene {
  readonly seed: number;
  readonly split: Split;
  readonly relation: string;
  readonly background: string;
  readonly backgroundSeed: number;
  readonly ground: number;
  readonly view: View;
  readonly objects: readonly SceneObject[];
  readonly arrangement: Arrangement;
  readonly captions: Captions;
}

export interface SceneRequest {
  readonly seed: number;
  readonly split: Split;
  /** Relations to choose from, "none" included; default: all, and none. */
  readonly relations?: readonly string[];
  /** At most this many objects, 1 or 2. */
  readonly maxObjects?: number;
}

/** Between the main colours of two objects, as a sum over channels: white and cream are 77 apart. */
const LEAST_COLOR_DISTANCE = 100;

const STATURE = { small: 0.9, medium: 1, tall: 1.08 } as const;

function chooseRelation(random: Random, request: SceneRequest): Relation {
  const most = request.maxObjects ?? 2;
  const wanted = request.relations;
  const count: 1 | 2 = most < 2 ? 1 : random.chance(0.25) ? 1 : 2;
  if (wanted !== undefined) {
    const chosen = random.pick(wanted);
    return relationOf(chosen, count);
  }
  if (random.chance(0.25)) return relationOf('none', count);
  return random.pick(RELATIONS.filter((relation) => (relation.kind === 'single') === (count === 1)));
}

function chooseBackground(random: Random, relation: Relation, split: Split): string {
  const allowed = relation.backgrounds.filter(
    (id) => split === 'heldout' || !isHeldOutPlace(id, relation.id),
  );
  const heldOut = relation.backgrounds.filter((id) => isHeldOutPlace(id, relation.id));
  if (split === 'heldout' && heldOut.length > 0 && random.chance(0.5)) return random.pick(heldOut);
  return random.pick(allowed);
}

/** A scene from a seed: the same request gives the same scene. Object order is subject first. */
export function composeScene(request: SceneRequest): Scene {
  const random = createRandom(request.seed).fork(`scene ${request.split}`);
  const relation = chooseRelation(random, request);
  const background = backgroundOf(chooseBackground(random, relation, request.split));
  const count = relation.kind === 'pair' ? 2 : 1;
  const identities: Identity[] = [];
  const phrases: string[] = [];
  while (identities.length < count) {
    const identity = sampleIdentity(random, request.split);
    const phrase = samplePhrase(identity, random);
    // Two objects of one name cannot be told apart in a caption, two of one colour hardly in a small picture.
    if (phrases.includes(phrase)) continue;
    if (
      identities.some(
        (other) => colorDistance(COLORS[other.main], COLORS[identity.main]) < LEAST_COLOR_DISTANCE,
      )
    )
      continue;
    identities.push(identity);
    phrases.push(phrase);
  }
  const base = count === 2 ? random.uniform(0.6, 0.68) : random.uniform(0.72, 0.8);
  const ground = random.uniform(0.88, 0.92);
  const drawn = relation.place({
    random: random.fork('place'),
    identities,
    ground,
    heights: identities.map((identity) => base * STATURE[identity.stature]),
  });
  const zoom = random.chance(0.25) ? random.uniform(0.72, 0.86) : random.uniform(0.88, 1.04);
  return {
    seed: request.seed,
    split: request.split,
    relation: relation.id,
    background: background.id,
    backgroundSeed: random.int(2 ** 31),
    ground,
    view: {
      angle: random.uniform(-0.025, 0.025),
      zoom,
      dx: random.uniform(-0.5, 0.5) * Math.max(0.04, 1 - zoom),
      dy: random.uniform(-0.02, 0.015) + (1 - zoom) * random.uniform(0, 0.25),
    },
    objects: identities.map((identity, index) => ({
      identity,
      phrase: phrases[index] ?? identity.species,
      description: describeIdentity(identity).description,
      photoSeed: random.int(2 ** 31),
    })),
    arrangement: random.chance(0.5) ? mirrorArrangement(drawn) : drawn,
    captions: sampleCaptions(
      random.fork('captions'),
      relation,
      background,
      identities,
      phrases,
      request.split,
    ),
  };
}
