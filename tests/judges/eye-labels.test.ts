import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { parseEyeLabels } from '../../src/evaluation/eye-labels.ts';

const read = (name: string): Promise<string> => readFile(new URL(name, import.meta.url), 'utf8');
const judgeSchema = z.object({ labels: z.record(z.string(), z.array(z.string())) });

it('200 pictures are labelled by eye, in words that the judges know, an object for each box', async () => {
  const labelsOf = async (judge: string): Promise<Readonly<Record<string, readonly string[]>>> =>
    judgeSchema.parse(JSON.parse(await read(`${judge}.json`))).labels;
  const { relation = [] } = await labelsOf('relation');
  const { species = [], main = [], pattern = [], accessory = [] } = await labelsOf('character');
  const labels = parseEyeLabels(await read('eye/labels.txt'), {
    relation,
    species,
    main,
    pattern,
    accessory,
  });
  const pictures = z
    .array(z.object({ boxes: z.array(z.unknown()) }))
    .parse(JSON.parse(await read('eye/pictures.json')));
  expect([...labels.keys()].toSorted((a, b) => a - b)).toEqual(pictures.map((_, index) => index));
  expect(labels.size).toBeGreaterThanOrEqual(200);
  for (const [index, { objects }] of labels)
    expect(objects, `picture ${index}`).toHaveLength(pictures[index]?.boxes.length ?? 0);
});
