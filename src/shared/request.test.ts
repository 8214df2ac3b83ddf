import { describe, expect, it } from 'vitest';
import { describeFaults, REPORT_INPUT } from './faults.ts';
import { requestSchema } from './request.ts';

const REQUEST = {
  pack: 'toybox',
  prompt: 'a bear is hugging a rabbit',
  objects: [{ image: 'bear', phrase: 'bear', box: [0, 0, 0.5, 1] }],
  relation: [],
  steps: 20,
  sampler: 'euler',
  guidance: 4,
  identityScale: 0.6,
  seed: 1,
  width: 256,
  height: 256,
};
const [object] = REQUEST.objects;

function faultsOf(change: Readonly<Record<string, unknown>>): string {
  const parsed = requestSchema.safeParse({ ...REQUEST, ...change }, REPORT_INPUT);
  return parsed.success ? 'none' : describeFaults(parsed.error);
}

const boxed = (box: readonly number[]): Readonly<Record<string, unknown>> => ({
  objects: [object, { ...object, box }],
});

describe('a request', () => {
  it('is taken with its defaults', () => {
    expect(requestSchema.parse(REQUEST)).toMatchObject({
      version: 1,
      negativePrompt: '',
      guidanceInterval: [0, 1],
      localTokens: true,
      objects: [{ weight: 1 }],
    });
  });

  it.each([
    ['a box left of the picture', boxed([-0.1, 0, 0.5, 1]), ['objects[1].box[0]', '>=0', 'got -0.1']],
    ['a box beyond the picture', boxed([0, 0, 1.5, 1]), ['objects[1].box[2]', '<=1', 'got 1.5']],
    [
      'an inverted box',
      boxed([0.6, 0, 0.5, 1]),
      ['objects[1].box:', 'x0 < x1 and y0 < y1', 'got [0.6,0,0.5,1]'],
    ],
    ['a flat box', boxed([0, 0.5, 0.5, 0.5]), ['objects[1].box:', 'got [0,0.5,0.5,0.5]']],
    ['a box that is not a number', boxed([0, 0, Number.NaN, 1]), ['objects[1].box[2]', 'number']],
    ['zero steps', { steps: 0 }, ['steps', '>=1', 'got 0']],
    ['half a step', { steps: 2.5 }, ['steps', 'int', 'got 2.5']],
    ['an unknown sampler', { sampler: 'heun' }, ['sampler', '"euler-ancestral"', 'got "heun"']],
    ['a picture of no size', { width: 0 }, ['width', '>=64', 'got 0']],
    ['five objects', { objects: Array<unknown>(5).fill(object) }, ['objects:', '<=4']],
    ['an empty prompt', { prompt: '  ' }, ['prompt:', 'describe the scene']],
    ['a LoRA of weight 9', { relation: [{ lora: 'hugging', weight: 9 }] }, ['relation[0].weight', 'got 9']],
    ['an interval outside the steps', { guidanceInterval: [0, 2] }, ['guidanceInterval[1]', 'got 2']],
    ['a request of another version', { version: 2 }, ['version', '1', 'got 2']],
  ])('with %s is refused: the field, what was expected, what came', (_, change, words) => {
    const faults = faultsOf(change);
    for (const word of words) expect(faults).toContain(word);
  });
});
