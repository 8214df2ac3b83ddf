import { describe, expect, it } from 'vitest';
import { isHeldOutIdentity, RELATIONS } from '../scenes/index.ts';
import { benchCases } from './cases.ts';
import { predicateOf } from './predicate.ts';

describe('the cases', () => {
  it('are 25 relations four times, with the relation in the prompt', () => {
    const cases = benchCases({ full: false });
    expect(cases).toHaveLength(100);
    for (const relation of RELATIONS) {
      const own = cases.filter(({ scene }) => scene.relation === relation.id);
      expect(own).toHaveLength(4);
      for (const { prompt, scene } of own) {
        expect(prompt).toContain(relation.wordings[0]?.predicate);
        expect(scene.objects).toHaveLength(relation.kind === 'pair' ? 2 : 1);
      }
    }
  });

  it('show identities that training never sees, the same ones every time', () => {
    const cases = benchCases({ full: true, limit: 50 });
    expect(
      cases.every(({ scene }) => scene.objects.every(({ identity }) => isHeldOutIdentity(identity))),
    ).toBe(true);
    expect(benchCases({ full: true, limit: 50 })).toEqual(cases);
  });

  it('of the full set are a thousand others', () => {
    const full = benchCases({ full: true });
    expect(full).toHaveLength(1000);
    const seeds = new Set([...full, ...benchCases({ full: false })].map(({ seed }) => seed));
    expect(seeds.size).toBe(1100);
  });

  it('can be cut down to some relations, or to the first few', () => {
    const hugs = benchCases({ full: false, relations: ['hugging', 'carrying'] });
    expect(hugs.map(({ scene }) => scene.relation)).toEqual(
      Array.from({ length: 4 }, () => ['carrying', 'hugging']).flat(),
    );
    expect(new Set(benchCases({ full: true, limit: 25 }).map(({ scene }) => scene.relation)).size).toBe(25);
  });
});

describe('the predicate of a prompt', () => {
  it('is found in nearly every case of the paper’s form, and is the asked one', () => {
    const found = benchCases({ full: false }).map(({ prompt, scene }) => {
      const relation = RELATIONS.find(({ id }) => id === scene.relation);
      return predicateOf(prompt) === relation?.wordings[0]?.predicate;
    });
    expect(found.filter(Boolean).length).toBeGreaterThanOrEqual(98);
  });

  it('is null where nothing happens', () => {
    expect(predicateOf('a bear and a rabbit in the park')).toBeNull();
  });
});
