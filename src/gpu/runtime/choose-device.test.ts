import { describe, expect, it } from 'vitest';
import { chooseDevice, type DeviceEnvironment } from './choose-device.ts';
import { createNodeRuntime } from './node-runtime.ts';
import { keepOnHost, type DeviceReport, type Runtime } from './runtime.ts';

/** Stands for a device that computes correctly. */
const sound = (report: DeviceReport): Promise<Runtime> =>
  Promise.resolve({ ...createNodeRuntime({ threads: 1 }), report });
/** Stands for a device that cannot load any graph. */
const broken = (report: DeviceReport): Promise<Runtime> =>
  Promise.resolve({
    report,
    readsFiles: false,
    createSession: () => Promise.reject(new Error('shader refused')),
    upload: keepOnHost,
    dispose: () => Promise.resolve(),
  });

const card = { description: 'acme rocket', software: false, float16: true };
const emulated = { description: 'google swiftshader', software: true, float16: false };

function environment(changes: Partial<DeviceEnvironment>): DeviceEnvironment {
  return {
    findAdapter: () => Promise.resolve(card),
    crossOriginIsolated: true,
    cores: 2,
    openWasm: sound,
    openWebGpu: sound,
    ...changes,
  };
}

const reportOf = async (...args: Parameters<typeof chooseDevice>): Promise<DeviceReport> =>
  (await chooseDevice(...args)).report;

describe('choosing a device', () => {
  it('takes hardware WebGPU that passes the self-check', async () => {
    expect(await reportOf('auto', environment({}))).toEqual({
      provider: 'webgpu',
      label: 'hardware WebGPU',
      reason: 'acme rocket passed the numeric self-check.',
      threads: 1,
      float16: true,
      fusedAttention: true,
    });
  });

  it('falls back to the processor and says why', async () => {
    const cases = [
      [{ findAdapter: () => Promise.resolve({ missing: 'This browser has no WebGPU.' }) }, 'no WebGPU'],
      [{ findAdapter: () => Promise.resolve(emulated) }, 'google swiftshader) is software'],
      [{ openWebGpu: broken }, 'MatMul failed: shader refused'],
      [{ openWebGpu: () => Promise.reject(new Error('no device')) }, 'did not start: no device'],
    ] as const;
    for (const [changes, reason] of cases) {
      const report = await reportOf('auto', environment(changes));
      expect(report).toMatchObject({
        provider: 'wasm',
        threads: 2,
        label: 'processor (WebAssembly), 2 threads',
      });
      expect(report.reason).toContain(reason);
    }
  });

  it('never asks for an adapter when the processor is chosen', async () => {
    const findAdapter = (): Promise<never> => Promise.reject(new Error('asked for an adapter'));
    expect(await reportOf('wasm', environment({ findAdapter }))).toMatchObject({ provider: 'wasm' });
  });

  it('uses one thread on a page without isolation, and at most eight', async () => {
    const alone = await reportOf('wasm', environment({ crossOriginIsolated: false, cores: 16 }));
    expect(alone.threads).toBe(1);
    expect(alone.reason).toContain('One thread only');
    expect((await reportOf('wasm', environment({ cores: 64 }))).threads).toBe(8);
  });

  it('uses a software adapter only when asked', async () => {
    const findAdapter = (): Promise<typeof emulated> => Promise.resolve(emulated);
    expect(await reportOf('software-webgpu', environment({ findAdapter }))).toMatchObject({
      provider: 'webgpu',
      label: 'software WebGPU',
    });
  });

  it('fails with the reason when a device was asked for by name', async () => {
    const findAdapter = (): Promise<typeof emulated> => Promise.resolve(emulated);
    const asked = chooseDevice('webgpu', environment({ findAdapter }));
    await expect(asked).rejects.toMatchObject({ code: 'device-unavailable' });
    await expect(asked).rejects.toThrow('is software');
    await expect(chooseDevice('webgpu', environment({ openWebGpu: broken }))).rejects.toThrow('self-check');
  });
});
