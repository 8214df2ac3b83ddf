import { type Relation } from '../arrangement.ts';
import { fencing, fighting, wrestling } from './contest.ts';
import { dancing, partnerDancing } from './dance.ts';
import { hugging, kissing, shakingHands } from './embrace.ts';
import { cooking, eating, reading, sleeping } from './home.ts';
import { playingGuitar, playingPiano, singing } from './music.ts';
import { neutral, neutralAlone } from './neutral.ts';
import { playingBasketball, playingChess } from './play.ts';
import { ridingBike, ridingHorse, ridingMotorbike } from './riding.ts';
import { lifting, playingSoccer, skiing } from './sport.ts';
import { backToBack, carrying } from './support.ts';

/** The 25 relations of RelationBench, in its order (RelationBooth, arXiv 2410.23280, table 9). */
export const RELATIONS: readonly Relation[] = [
  playingGuitar,
  playingPiano,
  eating,
  dancing,
  lifting,
  reading,
  skiing,
  sleeping,
  cooking,
  singing,
  ridingBike,
  ridingHorse,
  ridingMotorbike,
  playingSoccer,
  playingChess,
  partnerDancing,
  carrying,
  fencing,
  shakingHands,
  kissing,
  playingBasketball,
  wrestling,
  hugging,
  fighting,
  backToBack,
];

const BY_ID: ReadonlyMap<string, Relation> = new Map(RELATIONS.map((relation) => [relation.id, relation]));

/** The relation with that id ("none" stands for characters side by side); throws a RangeError for an unknown one. */
export function relationOf(id: string, objects: 1 | 2 = 2): Relation {
  if (id === 'none') return objects === 1 ? neutralAlone : neutral;
  const relation = BY_ID.get(id);
  if (relation === undefined)
    throw new RangeError(
      `Expected none or one of ${RELATIONS.map((one) => one.id).join(', ')}; got "${id}".`,
    );
  return relation;
}
