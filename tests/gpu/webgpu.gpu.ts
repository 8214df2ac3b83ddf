import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relativeError } from '../../src/gpu/graph/test-support-node.ts';
import { openEngine } from '../../src/gpu/pipeline/engine.ts';
import { createNodeWebGpuRuntime } from '../../src/gpu/runtime/node-runtime.ts';
import type { Runtime } from '../../src/gpu/runtime/runtime.ts';
import { selfCheck, type SelfCheck } from '../../src/gpu/runtime/self-check.ts';
import type { OpenedPack } from '../../src/weights/pack-reader.ts';
import { caseRequest, caseTensors, goldenPhoto, HALF_TOLERANCE, row } from '../support/golden.ts';
import { LOAD_TIMEOUT, openTinyPack } from '../support/tiny-pack.ts';

/** `npm run test:gpu`, on a machine with a graphics card. Without one it fails: it is never skipped. */

/** Sums in another order than PyTorch's, over thirty steps. */
const SINGLE_TOLERANCE = 1e-3;

let check: SelfCheck;
let pack: OpenedPack;
const halves = createNodeWebGpuRuntime(true);
const singles = createNodeWebGpuRuntime(false);

beforeAll(async () => {
  check = await selfCheck(halves);
  pack = await openTinyPack('fp16');
}, LOAD_TIMEOUT);
afterAll(async () => {
  await halves.dispose();
  await singles.dispose();
});

/** Error of the latents after thirty steps against PyTorch in float32. */
async function latentError(runtime: Runtime): Promise<number> {
  let latents = new Float32Array();
  const engine = await openEngine({
    runtime: { ...runtime, report: { ...runtime.report, fusedAttention: check.fusedAttention } },
    pack,
    onDump(name, _, data) {
      if (name === 'latents.30') latents = Float32Array.from(data);
    },
  });
  const golden = await caseTensors('two');
  await engine.generate(caseRequest('two'), {
    loadPhoto: goldenPhoto,
    initialNoise: golden.get('noise').data,
  });
  await engine.dispose();
  return relativeError(latents, row(golden.get('samples'), 30));
}

describe('a real WebGPU adapter', () => {
  it('passes the self-check, float16 included', () => {
    expect(check.faults).toEqual([]);
    expect(check).toMatchObject({ passed: true, float16: true });
  });

  it('computes thirty steps in float32 as PyTorch does', async () => {
    expect(await latentError(singles)).toBeLessThan(SINGLE_TOLERANCE);
  });

  it('computes thirty steps in float16 near float32', async () => {
    const error = await latentError(halves);
    expect(error).toBeLessThan(HALF_TOLERANCE);
    expect(error).toBeGreaterThan(HALF_TOLERANCE / 1000);
  });
});
