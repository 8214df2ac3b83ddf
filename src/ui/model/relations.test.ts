import { describe, expect, it } from 'vitest';
import { findRelation } from '../../shared/find-relation.ts';
import { lemmatizeVerbs } from '../../shared/lemmatize-verbs.ts';
import { SCENE_RELATIONS } from '../photos/scene-kit.ts';

const found = (prompt: string): string | undefined =>
  findRelation(prompt, lemmatizeVerbs(prompt), SCENE_RELATIONS)?.id;

describe('the relation in a prompt', () => {
  it.each([
    ['a bear is hugging a rabbit in front of the mountain', 'hugging'],
    ['a cat embraces a dog', 'hugging'],
    ['the robot shakes hands with a girl', 'shaking-hands'],
    ['a lion carried a mouse through the river', 'carrying'],
    ['two foxes are fencing in the snow', 'fencing'],
    ['a bear and a fox sit back to back', 'back-to-back'],
  ])('%s', (prompt, id) => {
    expect(found(prompt)).toBe(id);
  });

  it.each([
    'a bear and a rabbit in the park',
    'a plush bear',
    'a bear and a fox near a fence',
    'a bear comes back to a fox',
    '',
  ])('none in “%s”', (prompt) => {
    expect(found(prompt)).toBeUndefined();
  });
});

it('every relation is found in its own first wording', () => {
  for (const idea of SCENE_RELATIONS) {
    const second = idea.kind === 'pair' ? ' a rabbit' : '';
    expect([idea.id, found(`a bear ${idea.predicate}${second}`)]).toEqual([idea.id, idea.id]);
  }
});
