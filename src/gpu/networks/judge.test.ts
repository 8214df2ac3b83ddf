import { afterAll, describe, expect, it } from 'vitest';
import { floats, randomComponent } from '../graph/test-support-node.ts';
import { readFloats } from '../pipeline/tensors.ts';
import { createNodeRuntime } from '../runtime/node-runtime.ts';
import { buildJudge, judgeParameters, parseJudgeConfig } from './judge.ts';

const runtime = createNodeRuntime({ threads: 1 });
afterAll(() => runtime.dispose());

const raw = {
  side: 32,
  in_channels: 4,
  widths: [4, 6, 8],
  blocks: [0, 1, 1],
  maps: 3,
  spread: 1.25,
  margin: 0.25,
  labels: { species: ['bear', 'fox', 'cat'], present: ['yes'] },
  heldout_accuracy: { species: 0.5 },
};

describe('a judge', () => {
  const config = parseJudgeConfig(raw);
  const { component, readShard } = randomComponent(judgeParameters(config), 3);

  it('answers its questions and points at places inside the stretched picture', async () => {
    const session = await runtime.createSession(buildJudge(config, component, 2), readShard);
    const pixels = Array.from({ length: 2 * 4 * 32 * 32 }, (_, index) => Math.sin(index));
    const outputs = await session.run({ pixels: floats([2, 4, 32, 32], pixels) });
    expect(outputs['species']?.shape).toEqual([2, 3]);
    expect(outputs['present']?.shape).toEqual([2, 1]);
    expect(outputs['places']?.shape).toEqual([2, 3, 2]);
    const places = await readFloats(outputs['places'], 'places');
    // Cells of the 8×8 map lie between 1/16 and 15/16; stretched by 1.25, between −0.05 and 1.05.
    expect(Math.min(...places)).toBeGreaterThan(-0.05);
    expect(Math.max(...places)).toBeLessThan(1.05);
    expect(new Set(places).size).toBeGreaterThan(6);
    await session.dispose();
  });

  it('of whole pictures has no places', () => {
    const whole = parseJudgeConfig({ ...raw, in_channels: 3, maps: 0 });
    expect(judgeParameters(whole).some(({ name }) => name.startsWith('places'))).toBe(false);
    const names = buildJudge(whole, randomComponent(judgeParameters(whole), 4).component, 1).outputs;
    expect(names.map(({ name }) => name)).toEqual(['species', 'present']);
  });

  it('is refused with a config that does not describe one', () => {
    expect(() => parseJudgeConfig({ ...raw, blocks: [1] })).toThrow('as many blocks as widths');
    expect(() => parseJudgeConfig({ ...raw, labels: { species: [] } })).toThrow('judge');
  });
});
