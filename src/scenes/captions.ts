import { hashString, type Random } from '../shared/random.ts';
import { type Relation, type Wording } from './arrangement.ts';
import { type Background } from './backgrounds/index.ts';
import { describeIdentity, withArticle } from './describe.ts';
import { type Identity, type Split } from './identity.ts';

export interface Captions {
  /** Objects and place, never the relation. */
  readonly neutral: readonly string[];
  /** The same picture with the relation in words. */
  readonly relation: readonly string[];
  /** Predicate of the first relation caption. */
  readonly predicate: string;
}

/** One wording in this many, never the first of a relation, is kept for the held-out split. */
const HELD_OUT_ONE_IN = 6;

/** The rule: FNV-1a of "relation|wording", modulo {@link HELD_OUT_ONE_IN}, is 0; the first wording always trains. */
export function isHeldOutWording(relation: Relation, wording: Wording): boolean {
  return (
    relation.wordings[0] !== wording && hashString(`${relation.id}|${wording.text}`) % HELD_OUT_ONE_IN === 0
  );
}

/** The rule for places: FNV-1a of "background|relation" modulo 9 is 0. Poses without a relation go anywhere. */
export function isHeldOutPlace(backgroundId: string, relationId: string): boolean {
  return relationId !== 'none' && hashString(`${backgroundId}|${relationId}`) % 9 === 0;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The terse name or the full description: both contain the phrase. */
function nameOf(identity: Identity, phrase: string, random: Random, full: boolean): string {
  if (!full) return withArticle(phrase);
  const { description } = describeIdentity(identity);
  return random.chance(0.85) && description.includes(phrase) ? withArticle(description) : withArticle(phrase);
}

function frame(core: string, place: string, lead: string, random: Random): string {
  return random.weighted(
    [
      `${sentence(core)} ${place}.`,
      `${sentence(place)}, ${core}.`,
      `${core} ${place}`,
      `${lead} ${core} ${place}.`,
      `${sentence(core)}, ${place}.`,
    ],
    [6, 2, 2, 1, 1],
  );
}

/** Captions of a scene: three neutral ones and four with the relation, in the split's own wordings. */
export function sampleCaptions(
  random: Random,
  relation: Relation,
  background: Background,
  identities: readonly Identity[],
  phrases: readonly string[],
  split: Split,
): Captions {
  const place = (): string => random.pick(background.places);
  const names = (full: boolean): string[] =>
    identities.map((identity, index) => nameOf(identity, phrases[index] ?? identity.species, random, full));
  const neutralOf = (full: boolean): string => {
    const parts = names(full);
    const both = random.chance(0.3) ? [...parts].reverse() : parts;
    const core = both.join(random.chance(0.75) || both.length < 2 ? ' and ' : ' with ');
    return random.chance(0.15) ? `${sentence(core)}.` : frame(core, place(), 'A picture of', random);
  };
  const usable = relation.wordings.filter(
    (wording) => isHeldOutWording(relation, wording) === (split === 'heldout'),
  );
  const wordings = usable.length > 0 ? usable : relation.wordings.slice(0, 1);
  const first = relation.wordings[0] ?? { predicate: '', text: '' };
  const relationOf = (wording: Wording, full: boolean): string => {
    const [a = '', b = ''] = names(full);
    const core = wording.text.replace('{A}', a).replace('{B}', b);
    return random.chance(0.1) ? `${sentence(core)}.` : frame(core, place(), 'A picture in which', random);
  };
  return {
    neutral: [neutralOf(false), neutralOf(true), neutralOf(random.chance(0.5))],
    relation: [
      relationOf(first, false),
      relationOf(random.pick(wordings), false),
      relationOf(random.pick(wordings), true),
      relationOf(random.pick(wordings), random.chance(0.4)),
    ],
    predicate: first.predicate,
  };
}
