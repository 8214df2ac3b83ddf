import { describe, expect, it } from 'vitest';
import { createRandom } from '../shared/random.ts';
import { describeIdentity, samplePhrase, withArticle } from './describe.ts';
import { isHeldOutIdentity, isPerson, sampleIdentity, type Identity } from './identity.ts';

const bear: Identity = {
  species: 'bear',
  style: 'plush',
  stature: 'small',
  girth: 1,
  main: 'orange',
  secondary: 'blue',
  pattern: 'stripes',
  eyes: 'dot',
  outfit: 'none',
  outfitColor: 'red',
  accessory: 'scarf',
  accessoryColor: 'green',
  hair: 'short',
  hairColor: 'brown',
  skin: 0,
  tint: 0,
};

describe('describeIdentity', () => {
  it('names colour, style, pattern and what is worn', () => {
    expect(describeIdentity(bear)).toEqual({
      phrase: 'plush bear',
      description: 'small orange plush bear with blue stripes and a green scarf',
    });
    expect(
      describeIdentity({ ...bear, pattern: 'plain', accessory: 'none', stature: 'medium' }).description,
    ).toBe('orange plush bear');
    expect(
      describeIdentity({ ...bear, species: 'boy', style: 'person', outfit: 'shirt', accessory: 'none' })
        .description,
    ).toBe('small boy in an orange shirt with brown hair and blue stripes');
  });

  it('does not mention a belly under clothes', () => {
    expect(describeIdentity({ ...bear, pattern: 'belly', outfit: 'shirt' }).description).toBe(
      'small orange plush bear with a red shirt and a green scarf',
    );
  });

  it('contains every phrase that a caption may use for an animal', () => {
    const random = createRandom(2);
    for (let index = 0; index < 300; index += 1) {
      const identity = sampleIdentity(random, 'train');
      if (isPerson(identity.species)) continue;
      expect(describeIdentity(identity).description).toContain(samplePhrase(identity, random));
    }
  });

  it('chooses the article by sound', () => {
    expect(withArticle('orange bear')).toBe('an orange bear');
    expect(withArticle('plush bear')).toBe('a plush bear');
  });
});

describe('sampleIdentity', () => {
  it('keeps about a tenth of the combinations of species, colour and pattern from training', () => {
    const random = createRandom(4);
    const share = Array.from({ length: 500 }, () => sampleIdentity(random, 'train')).filter(
      isHeldOutIdentity,
    ).length;
    expect(share).toBe(0);
    const combinations = ['bear', 'cat', 'robot', 'duck'] as const;
    const colors = [
      'red',
      'orange',
      'yellow',
      'green',
      'teal',
      'blue',
      'purple',
      'pink',
      'brown',
      'gray',
      'white',
      'black',
      'cream',
    ] as const;
    const patterns = ['plain', 'stripes', 'spots', 'belly', 'two-tone'] as const;
    const held = combinations.flatMap((species) =>
      colors.flatMap((main) => patterns.map((pattern) => isHeldOutIdentity({ species, main, pattern }))),
    );
    const rate = held.filter(Boolean).length / held.length;
    expect(rate).toBeGreaterThan(0.05);
    expect(rate).toBeLessThan(0.16);
  });
});
