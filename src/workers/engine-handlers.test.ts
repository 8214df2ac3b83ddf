import { afterEach, describe, expect, it } from 'vitest';
import { testStore, tinyRequest } from '../gpu/pipeline/test-pack-node.ts';
import { createNodeRuntime } from '../gpu/runtime/node-runtime.ts';
import { createEngineClient, type EngineClient } from './engine-client.ts';
import { createEngineHandlers } from './engine-handlers.ts';
import { createFakeWorker } from './test-support.ts';

const store = await testStore();
let client: EngineClient | undefined;
afterEach(() => client?.dispose());

/** The whole way of a call, page to pixels, with the device and photos of Node. */
function openClient(opened: string[] = []): EngineClient {
  client = createEngineClient(() =>
    createFakeWorker(
      createEngineHandlers({
        openRuntime(device) {
          opened.push(device);
          return Promise.resolve(createNodeRuntime({ threads: 1 }));
        },
        openStore: () => store,
        decodePhoto: () =>
          Promise.resolve({ width: 4, height: 4, data: new Uint8ClampedArray(64).fill(128) }),
        inspectPhoto: () => Promise.resolve({ width: 4, height: 4 }),
      }),
    ),
  );
  return client;
}

const photos = new Map(tinyRequest().objects.map(({ image }) => [image, new Blob(['photo'])]));

describe('the engine behind its protocol', () => {
  it('opens a pack and draws', async () => {
    const engine = openClient();
    const { manifest, device } = await engine.openPack({ url: 'models/tiny', device: 'auto' });
    expect([manifest.id, device.provider]).toEqual(['tiny', 'cpu']);
    const steps: number[] = [];
    const result = await engine.generate(tinyRequest(), photos, {
      onProgress: (progress) => {
        if (progress.stage === 'drawing') steps.push(progress.step);
      },
    });
    expect(steps).toEqual([0, 1, 2, 3, 4]);
    expect(result.pixels).toHaveLength(4 * 64 * 64);
  });

  it('asks for a pack first and for every photo of the request', async () => {
    const engine = openClient();
    await expect(engine.generate(tinyRequest(), photos)).rejects.toThrow(/Open a pack/);
    await engine.openPack({ url: 'models/tiny', device: 'auto' });
    await expect(engine.generate(tinyRequest(), new Map())).rejects.toThrow(/was not sent along/);
  });

  it('refuses a LoRA that is none and keeps the pack open', async () => {
    const engine = openClient();
    await engine.openPack({ url: 'models/tiny', device: 'auto' });
    await expect(engine.installLora('x', new Uint8Array([1, 2, 3]))).rejects.toMatchObject({
      code: 'bad-lora',
    });
    await expect(engine.generate(tinyRequest(), photos)).resolves.toHaveProperty('width', 64);
  });

  it('keeps a device as long as it is the one asked for', async () => {
    const opened: string[] = [];
    const engine = openClient(opened);
    await engine.describeDevice('auto');
    await engine.openPack({ url: 'models/tiny', device: 'auto' });
    await engine.openPack({ url: 'models/tiny', device: 'wasm' });
    expect(opened).toEqual(['auto', 'wasm']);
  });
});
