import { describe, expect, it } from 'vitest';
import { BACKGROUNDS } from './backgrounds/index.ts';
import { isHeldOutPlace, isHeldOutWording } from './captions.ts';
import { composeScene, type Scene } from './compose.ts';
import { isHeldOutIdentity, type Split } from './identity.ts';
import { RELATIONS, relationOf } from './relations/index.ts';

const scenes = (split: Split, count: number): Scene[] =>
  Array.from({ length: count }, (_value, seed) => composeScene({ seed, split }));

describe('composeScene', () => {
  it('gives the same scene for the same request', () => {
    expect(composeScene({ seed: 11, split: 'train' })).toEqual(composeScene({ seed: 11, split: 'train' }));
    expect(composeScene({ seed: 11, split: 'train' })).not.toEqual(
      composeScene({ seed: 12, split: 'train' }),
    );
  });

  it('never draws a held-out identity, place or wording for training', () => {
    for (const scene of scenes('train', 600)) {
      for (const { identity } of scene.objects) expect(isHeldOutIdentity(identity)).toBe(false);
      expect(isHeldOutPlace(scene.background, scene.relation)).toBe(false);
    }
  });

  it('draws only held-out identities for the held-out split, in known and new places', () => {
    const drawn = scenes('heldout', 300);
    for (const scene of drawn)
      for (const { identity } of scene.objects) expect(isHeldOutIdentity(identity)).toBe(true);
    const places = new Set(drawn.map((scene) => isHeldOutPlace(scene.background, scene.relation)));
    expect(places).toEqual(new Set([true, false]));
  });

  it('reaches every relation of the benchmark', () => {
    const seen = new Set(scenes('train', 800).map((scene) => scene.relation));
    expect(RELATIONS).toHaveLength(25);
    expect(RELATIONS.filter((relation) => relation.kind === 'single')).toHaveLength(14);
    expect(RELATIONS.filter((relation) => !seen.has(relation.id)).map((relation) => relation.id)).toEqual([]);
  });

  it('keeps to the relations and the number of objects asked for', () => {
    for (let seed = 0; seed < 40; seed += 1) {
      expect(composeScene({ seed, split: 'train', relations: ['hugging'] }).relation).toBe('hugging');
      expect(composeScene({ seed, split: 'train', maxObjects: 1 }).objects).toHaveLength(1);
    }
  });

  it('names every object in every caption', () => {
    for (const scene of scenes('train', 400)) {
      for (const { phrase } of scene.objects) {
        for (const caption of [...scene.captions.neutral, ...scene.captions.relation])
          expect(caption.toLowerCase()).toContain(phrase);
      }
    }
  });

  it('names the relation in relation captions only', () => {
    for (const split of ['train', 'heldout'] as const) {
      for (const scene of scenes(split, 400)) {
        const relation = relationOf(scene.relation);
        for (const caption of scene.captions.neutral) {
          for (const word of relation.words)
            expect(caption.toLowerCase()).not.toMatch(new RegExp(`\\b${word}`));
        }
        if (scene.relation === 'none') continue;
        for (const caption of scene.captions.relation) {
          expect(
            relation.words.some((word) => caption.toLowerCase().includes(word)),
            caption,
          ).toBe(true);
        }
      }
    }
  });

  it('keeps the roles of subject and object through wordings and mirroring', () => {
    for (let seed = 0; seed < 40; seed += 1) {
      const { objects, captions, arrangement } = composeScene({
        seed,
        split: 'train',
        relations: ['carrying'],
      });
      const [carrier, carried] = arrangement.poses;
      expect(carried?.hip.y ?? 1).toBeLessThan(carrier?.hip.y ?? 0);
      const [first] = captions.relation;
      const text = (first ?? '').toLowerCase();
      expect(text.indexOf(objects[0]?.phrase ?? '?')).toBeLessThan(
        text.lastIndexOf(objects[1]?.phrase ?? '?'),
      );
    }
  });
});

describe('relations', () => {
  it('have places and wordings left for training', () => {
    for (const relation of RELATIONS) {
      expect(
        relation.backgrounds.filter((id) => !isHeldOutPlace(id, relation.id)).length,
        relation.id,
      ).toBeGreaterThanOrEqual(3);
      expect(
        relation.wordings.filter((wording) => !isHeldOutWording(relation, wording)).length,
        relation.id,
      ).toBeGreaterThanOrEqual(3);
      expect(relation.boxes).toHaveLength(relation.kind === 'pair' ? 2 : 1);
    }
  });

  it('know only backgrounds that exist', () => {
    const ids = new Set<string>(BACKGROUNDS.map((background) => background.id));
    for (const relation of RELATIONS)
      for (const id of relation.backgrounds) expect(ids.has(id), `${relation.id} ${id}`).toBe(true);
  });

  it('are refused by an unknown name', () => {
    expect(() => relationOf('juggling')).toThrow('juggling');
  });
});
