import { expect, it } from 'vitest';
import { requestSchema } from '../../shared/request.ts';
import { matchesSearch } from './picture-search.ts';

const request = requestSchema.parse({
  pack: 'toybox',
  prompt: 'a plush bear is hugging a rabbit on the Beach',
  objects: [{ image: 'x', phrase: 'plush bear', box: [0, 0, 1, 1] }],
  relation: [{ lora: 'shaking-hands' }],
  steps: 4,
  sampler: 'euler',
  guidance: 3,
  identityScale: 0.6,
  seed: 4711,
  width: 64,
  height: 64,
});

it.each(['', 'bear', 'BEACH rabbit', '4711', 'hands toybox', '  hugging '])('finds by “%s”', (search) => {
  expect(matchesSearch(request, search)).toBe(true);
});

it.each(['fox', 'bear fox', '4712'])('does not find by “%s”', (search) => {
  expect(matchesSearch(request, search)).toBe(false);
});
