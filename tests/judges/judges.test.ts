import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { askCharacter, askRelation, type Judges, openJudges } from '../../src/cli/node-judges.ts';
import { benchCases } from '../../src/evaluation/cases.ts';
import { type CaseObject, type CaseScores, scoreCase } from '../../src/evaluation/scores.ts';
import { createNodeRuntime } from '../../src/gpu/runtime/node-runtime.ts';
import { rgbaImage } from '../../src/images/rgba-image.ts';
import { renderScene } from '../../src/scenes/index.ts';
import { createNodeCanvasFactory } from '../../src/scenes/node-canvas.ts';

const SIDE = 256;
const runtime = createNodeRuntime({ threads: 1 });
let judges: Judges;
beforeAll(async () => {
  judges = await openJudges(runtime);
});
afterAll(async () => {
  await judges.dispose();
  await runtime.dispose();
});

const probeSchema = z.object({
  probe: z.object({
    answers: z.record(z.string(), z.array(z.number())),
    places: z.array(z.tuple([z.number(), z.number()])),
  }),
});

/** PROBE_BOX and the picture of `probe` in training/judges/train.py. */
const PROBE_BOX = [0.25, 0.2, 0.7, 0.85] as const;
const probePicture = rgbaImage(
  SIDE,
  SIDE,
  Uint8ClampedArray.from({ length: SIDE * SIDE * 4 }, (_, index) => {
    const [pixel, color] = [Math.floor(index / 4), index % 4];
    const [x, y] = [pixel % SIDE, Math.floor(pixel / SIDE)];
    return color === 3 ? 255 : (3 * x * (color + 1) + 5 * y * (3 - color)) % 256;
  }),
);

describe.each(['relation', 'character'] as const)('the %s judge', (name) => {
  it('says what its PyTorch original says', async () => {
    const file = new URL(`${name}.json`, import.meta.url);
    const { answers, places } = probeSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).probe;
    const judge = judges[name];
    const found = await judge.ask(probePicture, name === 'character' ? PROBE_BOX : undefined);
    for (const [question, logits] of Object.entries(answers)) {
      const ours = [...(found.logits.get(question) ?? [])];
      expect(ours).toHaveLength(logits.length);
      // Weights are stored in float16; logits reach about 10.
      for (const [index, value] of logits.entries()) expect(ours[index]).toBeCloseTo(value, 1);
    }
    expect(found.places).toHaveLength(places.length);
    for (const [index, [x, y]] of places.entries()) {
      expect(found.places[index]?.[0]).toBeCloseTo(x, 2);
      expect(found.places[index]?.[1]).toBeCloseTo(y, 2);
    }
  });
});

describe('on renderings of the benchmark, which no training saw', () => {
  it('the judges read relation, attributes and place as well as they were measured to', async () => {
    const canvases = createNodeCanvasFactory();
    const scores: CaseScores[] = [];
    for (const { scene } of benchCases({ full: false })) {
      const truth = renderScene(canvases, scene, SIDE);
      const picture = rgbaImage(SIDE, SIDE, truth.pixels);
      const objects: CaseObject[] = [];
      for (const [index, { identity }] of scene.objects.entries()) {
        const box = truth.objects[index]?.box ?? [0, 0, 1, 1];
        objects.push({ identity, box, reading: await askCharacter(judges, picture, box) });
      }
      const seenRelation = await askRelation(judges, picture);
      scores.push(scoreCase({ relation: scene.relation, seenRelation, objects, embeddings: null }));
    }
    const mean = (measure: keyof CaseScores): number => {
      const values = scores.flatMap((one) => one[measure] ?? []);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    expect(mean('relation')).toBeGreaterThan(0.9);
    expect(mean('identity')).toBeGreaterThan(0.85);
    expect(mean('found')).toBeGreaterThan(0.97);
    expect(mean('boxIou')).toBeGreaterThan(0.85);
    expect(mean('swapped')).toBeLessThan(0.03);
  });
});
