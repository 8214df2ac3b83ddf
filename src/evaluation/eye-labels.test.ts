import { describe, expect, it } from 'vitest';
import { agreementOf, parseEyeLabels } from './eye-labels.ts';

const known = {
  relation: ['hugging', 'reading'],
  species: ['bear', 'frog'],
  main: ['red', 'green'],
  pattern: ['plain', 'spots'],
  accessory: ['none', 'hat'],
};

describe('labels by eye', () => {
  it('are one picture a line, with what cannot be told', () => {
    const labels = parseEyeLabels(
      '# seen\n\n3 hugging | bear red ? none | frog green spots hat\n0 ? |bear red plain none',
      known,
    );
    expect([...labels.keys()]).toEqual([3, 0]);
    expect(labels.get(3)).toEqual({
      relation: 'hugging',
      objects: [
        { species: 'bear', main: 'red', pattern: null, accessory: 'none' },
        { species: 'frog', main: 'green', pattern: 'spots', accessory: 'hat' },
      ],
    });
    expect(labels.get(0)?.relation).toBeNull();
  });

  it.each([
    ['a word that no judge knows', '0 hugging | bear red stripes none', 'line 1: "stripes"'],
    ['a missing attribute', '0 hugging | bear red plain', 'line 1: ""'],
    ['a picture twice', '0 hugging | bear red plain none\n0 hugging | bear red plain none', 'line 2'],
    ['no number', 'hugging | bear red plain none', 'line 1'],
  ])('refuse %s', (_, text, words) => {
    expect(() => parseEyeLabels(text, known)).toThrow(words);
  });

  it('agree by what can be told', () => {
    const pairs = [...Array<string>(9).fill('bear'), 'frog', null].map((eye) => [eye, 'bear'] as const);
    const { told, untold, equal, interval } = agreementOf(pairs);
    expect([told, untold, equal]).toEqual([10, 1, 9]);
    // Wilson's interval of 9 in 10.
    expect(interval[0]).toBeCloseTo(0.596, 3);
    expect(interval[1]).toBeCloseTo(0.982, 3);
  });
});
