import { expect, it } from 'vitest';
import { RELATIONS } from '../../scenes/index.ts';
import { relationsDe } from './relations-de.ts';

it('names every relation of the data engine, and no other', () => {
  expect(Object.keys(relationsDe).toSorted()).toEqual(RELATIONS.map(({ id }) => id).toSorted());
});
