import { describe, expect, it } from 'vitest';
import { composeScene, type Identity } from '../scenes/index.ts';
import { boxIou, cosine, logSoftmax } from './measures.ts';
import {
  type Attribute,
  type CharacterReading,
  readCharacter,
  shiftedBoxes,
  visibleAttributes,
} from './readings.ts';
import { type CaseObject, scoreCase } from './scores.ts';

const { objects } = composeScene({ seed: 1, split: 'heldout', relations: ['hugging'] });
const identities = objects.map(({ identity }) => identity);
const BOX = [0.1, 0.2, 0.5, 0.8] as const;

/** A judge who is sure to see that identity. */
function seeing(identity: Identity, present = true): CharacterReading {
  const truth = visibleAttributes(identity);
  const sure = (name: Attribute): ReadonlyMap<string, number> =>
    new Map([
      ...identities.map((one) => [visibleAttributes(one)[name], -5] as const),
      [truth[name], -0.01] as const,
    ]);
  const [species, main] = [sure('species'), sure('main')];
  const [pattern, accessory] = [sure('pattern'), sure('accessory')];
  return { attributes: { species, main, pattern, accessory }, present, box: BOX };
}

function score(readings: readonly CharacterReading[], seenRelation = 'hugging') {
  const seen = readings.map((reading, index): CaseObject => {
    const identity = identities[index];
    if (identity === undefined) throw new Error('Expected a scene of two characters.');
    return { identity, box: BOX, reading };
  });
  return scoreCase({ relation: 'hugging', seenRelation, objects: seen, embeddings: null, looks: null });
}

describe('the scores of a picture', () => {
  it('are perfect where the judges see what was asked for', () => {
    expect(score(identities.map((one) => seeing(one)))).toMatchObject({
      relation: 1,
      identity: 1,
      wholeIdentity: 1,
      found: 1,
      swapped: 0,
      boxIou: 1,
    });
  });

  it('say so when the two identities have changed places', () => {
    const scores = score(identities.toReversed().map((one) => seeing(one)));
    expect(scores.swapped).toBe(1);
    expect(scores.wholeIdentity).toBe(0);
  });

  it('do not ask about swaps in a picture of one object', () => {
    expect(score(identities.slice(0, 1).map((one) => seeing(one))).swapped).toBeNull();
  });

  it('give no overlap to a character that is not there, and no CLIP without a pair that can compare', () => {
    const scores = score(identities.map((one) => seeing(one, false)));
    expect(scores).toMatchObject({ found: 0, boxIou: 0, clipT: null, clipR: null, clipI: null, lookI: null });
  });

  it('count another relation as wrong', () => {
    expect(score([], 'fighting').relation).toBe(0);
  });

  it('compare the picture with prompt, predicate and photos', () => {
    const [x, y] = [Float32Array.of(1, 0), Float32Array.of(1, 1)];
    const embeddings = { picture: x, prompt: x, predicate: null, objects: [{ cut: x, photo: y }] };
    const scores = scoreCase({
      relation: 'hugging',
      seenRelation: 'hugging',
      objects: [],
      embeddings,
      looks: [
        { cut: x, photo: x },
        { cut: x, photo: y },
      ],
    });
    expect(scores).toMatchObject({ clipT: 1, clipR: null });
    expect(scores.lookI).toBeCloseTo((1 + Math.SQRT1_2) / 2, 6);
    expect(scores.clipI).toBeCloseTo(Math.SQRT1_2, 6);
  });
});

describe('what a judge of characters says', () => {
  const labels = { species: ['bear', 'fox'], main: ['red'], pattern: ['plain'], accessory: ['none'] };
  const one = Float32Array.of(0);
  const logits = new Map([
    ['species', Float32Array.of(1, 3)],
    ['main', one],
    ['pattern', one],
    ['accessory', one],
  ]);

  const seen = (sides: readonly [number, number, number, number], presence = 2) => ({
    logits: new Map([...logits, ['present', Float32Array.of(presence)]]),
    places: [
      ...Array.from({ length: 17 }, () => [0, 0] as const),
      ...sides.map((side, index) => (index % 2 === 0 ? ([side, 0.9] as const) : ([0.9, side] as const))),
    ],
  });

  it('is read as log-probabilities and a box from its four sides, averaged over the asks', () => {
    const reading = readCharacter([seen([0.1, 0.2, 0.5, 0.8]), seen([0.12, 0.2, 0.5, 0.8])], labels);
    expect(reading.attributes.species.get('fox')).toBeCloseTo(-Math.log(1 + Math.exp(-2)), 6);
    expect(reading.present).toBe(true);
    expect(reading.box[0]).toBeCloseTo(0.11, 9);
  });

  it('is no character where one ask sees none, or where the answers go with the asked boxes', () => {
    const here = seen([0.1, 0.2, 0.5, 0.8]);
    expect(readCharacter([here, seen([0.1, 0.2, 0.5, 0.8], -1)], labels).present).toBe(false);
    const repeated = shiftedBoxes([0.1, 0.2, 0.5, 0.8]).map((box) => seen(box));
    expect(readCharacter(repeated, labels).present).toBe(false);
  });

  it('is refused when it does not answer the labels', () => {
    const wrong = { ...labels, species: ['bear'] };
    expect(() => readCharacter([{ logits, places: [] }], wrong)).toThrow('2 answers to "species"');
  });
});

describe('measures', () => {
  it('cosine is 1 for one direction, 0 for right angles and for nothing', () => {
    expect(cosine(Float32Array.of(1, 2), Float32Array.of(2, 4))).toBeCloseTo(1, 6);
    expect(cosine(Float32Array.of(1, 0), Float32Array.of(0, 3))).toBe(0);
    expect(cosine(Float32Array.of(0, 0), Float32Array.of(1, 1))).toBe(0);
  });

  it('overlap of boxes is a third for halves that share a half, 0 apart or inside out', () => {
    expect(boxIou([0, 0, 0.5, 1], [0.25, 0, 0.75, 1])).toBeCloseTo(1 / 3, 9);
    expect(boxIou([0, 0, 0.5, 1], [0.6, 0, 1, 1])).toBe(0);
    expect(boxIou([0, 0, 1, 1], [0.8, 0.8, 0.2, 0.2])).toBe(0);
  });

  it('probabilities of large logits stay finite', () => {
    const logs = logSoftmax(Float32Array.of(1000, 1000));
    expect(logs[0]).toBeCloseTo(-Math.LN2, 4);
  });
});
