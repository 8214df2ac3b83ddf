import { type Random } from '../shared/random.ts';
import { isPerson, type Identity } from './identity.ts';

export interface Description {
  /** Short noun phrase without article: "plush bear". */
  readonly phrase: string;
  /** The phrase with its attributes, without article: "small orange plush bear with blue stripes and a green scarf". */
  readonly description: string;
}

function styleWord(identity: Identity): string {
  switch (identity.style) {
    case 'plush':
      return 'plush';
    case 'toy':
      return 'toy';
    case 'cartoon':
      return 'cartoon';
    case 'pet':
    case 'person':
      return '';
  }
}

const plain = (words: readonly string[]): string => words.filter((word) => word !== '').join(' ');

/** What of a character has the second colour; some species' limbs have a colour of their own. */
function twoToneParts(identity: Identity, person: boolean): string {
  if (person) return `${identity.secondary} sleeves`;
  if (identity.species === 'panda') return `a ${identity.secondary} patch on the head`;
  const bird = identity.species === 'duck' || identity.species === 'penguin';
  return `${identity.secondary} ${bird ? 'wings' : 'arms and legs'}`;
}

function attributes(identity: Identity): string[] {
  const parts: string[] = [];
  const person = isPerson(identity.species);
  if (person) parts.push(`${identity.hairColor} hair`);
  if (identity.pattern === 'stripes') parts.push(`${identity.secondary} stripes`);
  if (identity.pattern === 'spots') parts.push(`${identity.secondary} spots`);
  if (identity.pattern === 'belly' && identity.outfit === 'none') parts.push(`a ${identity.secondary} belly`);
  if (identity.pattern === 'two-tone') parts.push(twoToneParts(identity, person));
  if (identity.outfit !== 'none' && !person) {
    parts.push(
      identity.outfit === 'overalls'
        ? `${identity.outfitColor} overalls`
        : `a ${identity.outfitColor} ${identity.outfit}`,
    );
  }
  if (identity.accessory === 'glasses') parts.push(`${identity.accessoryColor} glasses`);
  else if (identity.accessory !== 'none') parts.push(`a ${identity.accessoryColor} ${identity.accessory}`);
  return parts.map((part) => part.replace(/^a orange/, 'an orange'));
}

function listed(parts: readonly string[]): string {
  const last = parts.at(-1);
  if (last === undefined) return '';
  return parts.length === 1 ? last : `${parts.slice(0, -1).join(', ')} and ${last}`;
}

const outfitWord = (identity: Identity): string =>
  identity.outfit === 'overalls' ? 'in overalls' : `in a ${identity.outfit}`;

/** How a character is called. Its phrase occurs literally in its description. */
export function describeIdentity(identity: Identity): Description {
  const phrase = plain([styleWord(identity), identity.species]);
  const size = identity.stature === 'medium' ? '' : identity.stature;
  const with_ = listed(attributes(identity));
  const person = isPerson(identity.species);
  const head = person
    ? plain([
        size,
        phrase,
        outfitWord(identity).replace(
          /^in (a )?/,
          (_match, article: string | undefined) =>
            `in ${article === undefined ? '' : identity.main === 'orange' ? 'an ' : 'a '}${identity.main} `,
        ),
      ])
    : plain([size, identity.main, phrase]);
  return { phrase, description: with_ === '' ? head : `${head} with ${with_}` };
}

/**
 * A noun phrase for a caption, from terse to full: the species, with style, with colour. Every variant is a
 * part of {@link describeIdentity}'s description for animals and toys; people are named by the bare word.
 */
export function samplePhrase(identity: Identity, random: Random): string {
  const { phrase } = describeIdentity(identity);
  if (isPerson(identity.species)) return phrase;
  return random.weighted([phrase, identity.species, `${identity.main} ${phrase}`], [6, 2, 2]);
}

/** "a" or "an" before a phrase. */
export function withArticle(phrase: string): string {
  return `${/^[aeiou]/i.test(phrase) ? 'an' : 'a'} ${phrase}`;
}
