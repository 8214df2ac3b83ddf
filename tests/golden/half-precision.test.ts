import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relativeError } from '../../src/gpu/graph/test-support-node.ts';
import { openEngine } from '../../src/gpu/pipeline/engine.ts';
import { createNodeRuntime } from '../../src/gpu/runtime/node-runtime.ts';
import type { Runtime } from '../../src/gpu/runtime/runtime.ts';
import type { OpenedPack } from '../../src/weights/pack-reader.ts';
import type { Precision } from '../../src/weights/pack-manifest.ts';
import { caseRequest, caseTensors, goldenPhoto, HALF_TOLERANCE, row } from '../support/golden.ts';
import { LOAD_TIMEOUT, openTinyPack } from '../support/tiny-pack.ts';

/**
 * The float16 graphs on the CPU, which has no float16 arithmetic: onnxruntime converts around most
 * operators, so that what is checked here is that every value is rounded where the graph says, and nowhere
 * overflows. tests/gpu runs the same on a real adapter.
 */
const node = createNodeRuntime({ threads: 1 });
const runtime: Runtime = { ...node, report: { ...node.report, float16: true } };
afterAll(() => node.dispose());

async function lastLatents(pack: OpenedPack, device: Runtime = runtime): Promise<Float32Array> {
  let latents = new Float32Array();
  const engine = await openEngine({
    runtime: device,
    pack,
    onDump(name, _, data) {
      if (name === 'latents.30') latents = Float32Array.from(data);
    },
  });
  const initialNoise = (await caseTensors('two')).get('noise').data;
  await engine.generate(caseRequest('two'), { loadPhoto: goldenPhoto, initialNoise });
  await engine.dispose();
  return latents;
}

describe('steps in float16', () => {
  let expected: Float32Array;
  beforeAll(async () => {
    expected = row((await caseTensors('two')).get('samples'), 30);
  }, LOAD_TIMEOUT);

  it('stay near PyTorch in float32 over thirty steps, RelationLoRA and two objects included', async () => {
    const error = relativeError(await lastLatents(await openTinyPack('fp16')), expected);
    expect(error).toBeLessThan(HALF_TOLERANCE);
    // Less would mean that nothing was rounded.
    expect(error).toBeGreaterThan(HALF_TOLERANCE / 1000);
  });

  it.each([['q8'], ['q4']] as const)(
    'run on %s weights as float32 arithmetic does',
    async (precision: Precision) => {
      const pack = await openTinyPack(precision);
      const half = await lastLatents(pack);
      const single = await lastLatents(pack, node);
      expect(relativeError(half, single)).toBeLessThan(HALF_TOLERANCE);
    },
  );
});
