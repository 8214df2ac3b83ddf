import { type Relation } from '../arrangement.ts';
import { eating, lifting, playingGuitar, reading } from './alone.ts';
import { fencing, fighting } from './contest.ts';
import { dancing, partnerDancing } from './dance.ts';
import { backToBack, carrying, hugging, shakingHands } from './embrace.ts';
import { neutral, neutralAlone } from './neutral.ts';

/** The predicate relations of RelationBench (RelationBooth, arXiv 2410.23280, table 9). */
export const RELATIONS: readonly Relation[] = [
  playingGuitar, eating, dancing, lifting, reading,
  partnerDancing, carrying, fencing, shakingHands, hugging, fighting, backToBack,
];

const BY_ID: ReadonlyMap<string, Relation> = new Map(RELATIONS.map((relation) => [relation.id, relation]));

/** The relation with that id ("none" stands for two characters side by side); throws a RangeError for an unknown one. */
export function relationOf(id: string, objects: 1 | 2 = 2): Relation {
  if (id === 'none') return objects === 1 ? neutralAlone : neutral;
  const relation = BY_ID.get(id);
  if (relation === undefined) throw new RangeError(`Expected none or one of ${RELATIONS.map((one) => one.id).join(', ')}; got "${id}".`);
  return relation;
}
