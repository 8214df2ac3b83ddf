import { describe, expect, it } from 'vitest';
import { createNodeRuntime } from './node-runtime.ts';
import { hostTensor, type Runtime, type Session, type Tensor } from './runtime.ts';
import { selfCheck } from './self-check.ts';

/** A device whose outputs pass through `spoil`, graph by graph. */
function faultyDevice(spoil: (graph: string, values: Float32Array) => void): Runtime {
  const sound = createNodeRuntime({ threads: 1 });
  const spoilTensor = (graph: string, tensor: Tensor): Tensor => {
    if (tensor.location !== 'host' || !(tensor.data instanceof Float32Array)) return tensor;
    const values = tensor.data.slice();
    spoil(graph, values);
    return hostTensor(tensor.type, tensor.shape, values);
  };
  return {
    ...sound,
    async createSession(model, readShard): Promise<Session> {
      const session = await sound.createSession(model, readShard);
      return {
        ...session,
        async run(inputs) {
          const outputs = await session.run(inputs);
          const entries = Object.entries(outputs);
          return Object.fromEntries(entries.map(([name, tensor]) => [name, spoilTensor(model.name, tensor)]));
        },
      };
    },
  };
}

describe('the self-check', () => {
  it('passes on a sound device, fused attention included', async () => {
    const runtime = createNodeRuntime({ threads: 1 });
    expect(await selfCheck(runtime)).toEqual({
      passed: true,
      fusedAttention: true,
      float16: false,
      faults: [],
    });
    await runtime.dispose();
  });

  it.each([
    'MatMul',
    'Softmax',
    'LayerNormalization',
    'SkipLayerNormalization',
    'InstanceNormalization',
    'Conv',
    'SiLU',
    'MatMulNBits with 4 bits',
    'Conv with 8-bit weights',
  ])('notices one wrong number of %s', async (operator) => {
    const runtime = faultyDevice((graph, values) => {
      if (graph === `self-check of ${operator}`) values[7] = (values[7] ?? 0) + 0.2;
    });
    const check = await selfCheck(runtime);
    expect(check).toMatchObject({ passed: false, fusedAttention: false });
    expect(check.faults).toEqual([expect.stringContaining(`${operator} is off by`)]);
    await runtime.dispose();
  });

  it('keeps a device whose fused attention alone is wrong, without it', async () => {
    const runtime = faultyDevice((graph, values) => {
      if (graph.includes('MultiHeadAttention')) values.fill(Number.NaN, 0, 1);
    });
    const check = await selfCheck(runtime);
    expect(check).toMatchObject({ passed: true, fusedAttention: false });
    await runtime.dispose();
  });

  it('checks float16 where the device says it has it, and does without where it is wrong', async () => {
    const withHalves = (device: Runtime): Runtime => ({
      ...device,
      report: { ...device.report, float16: true },
    });
    const sound = withHalves(createNodeRuntime({ threads: 1 }));
    expect(await selfCheck(sound)).toMatchObject({ float16: true, fusedAttention: true, faults: [] });
    const wrong = withHalves(
      faultyDevice((graph, values) => {
        if (graph.includes('Conv in float16')) values.fill(0, 0, 20);
      }),
    );
    const check = await selfCheck(wrong);
    expect(check).toMatchObject({ passed: true, float16: false, fusedAttention: true });
    expect(check.faults).toEqual([expect.stringContaining('Conv in float16 is off by')]);
    await sound.dispose();
    await wrong.dispose();
  });

  it('counts a device that throws as failed', async () => {
    const runtime: Runtime = {
      ...createNodeRuntime({ threads: 1 }),
      createSession: () => Promise.reject(new Error('no shader compiler')),
    };
    const check = await selfCheck(runtime);
    expect(check.passed).toBe(false);
    expect(check.faults[0]).toBe('MatMul failed: no shader compiler');
  });
});
