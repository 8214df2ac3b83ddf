import { describe, expect, it } from 'vitest';
import type { GenerateProgress, GenerationResult } from '../gpu/pipeline/types.ts';
import { AbortError, AppError, throwIfAborted } from '../shared/errors.ts';
import { createEngineClient } from './engine-client.ts';
import { errorFromData, errorToData } from './error-data.ts';
import type { Handlers } from './protocol.ts';
import { createFakeWorker, type FakeWorker, handlersWith, testDevice, testRequest } from './test-support.ts';

const timings = { photos: 1, words: 2, drawing: 3, developing: 4, total: 10 };

function picture(value: number): GenerationResult {
  return {
    width: 2,
    height: 1,
    pixels: new Uint8ClampedArray(8).fill(value),
    timings,
    cutTexts: [],
    device: testDevice,
  };
}

function clientOf(handlers: Partial<Handlers>): {
  client: ReturnType<typeof createEngineClient>;
  workers: FakeWorker[];
} {
  const workers: FakeWorker[] = [];
  const client = createEngineClient(() => {
    const worker = createFakeWorker(handlersWith(handlers));
    workers.push(worker);
    return worker;
  });
  return { client, workers };
}

async function nextTask(): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
}

describe('engine client and host', () => {
  it('carry a request, its photos, progress, previews and pixels', async () => {
    const seen: string[] = [];
    const { client } = clientOf({
      async generate({ request, photos }, { emit }) {
        seen.push(request.prompt, (await photos.get('bear')?.text()) ?? '');
        emit({ kind: 'progress', progress: { stage: 'drawing', step: 1, steps: 4 } });
        emit({
          kind: 'preview',
          preview: { step: 1, width: 1, height: 1, pixels: new Uint8ClampedArray([1, 2, 3, 255]) },
        });
        return picture(77);
      },
    });
    const progress: GenerateProgress[] = [];
    const previews: number[] = [];
    const result = await client.generate(testRequest, new Map([['bear', new Blob(['fur'])]]), {
      onProgress: (value) => progress.push(value),
      onPreview: (preview) => previews.push(...preview.pixels),
    });
    expect(seen).toEqual([testRequest.prompt, 'fur']);
    expect(progress).toEqual([{ stage: 'drawing', step: 1, steps: 4 }]);
    expect(previews).toEqual([1, 2, 3, 255]);
    expect(result).toEqual(picture(77));
  });

  it('rebuild errors with code, message, retry hint and causes', async () => {
    const { client } = clientOf({
      generate: () =>
        Promise.reject(
          new AppError('bad-lora', 'of another model', { retryable: true, cause: new Error('shape') }),
        ),
    });
    const error: unknown = await client.generate(testRequest, new Map()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'bad-lora', message: 'of another model', retryable: true });
    expect(error).toHaveProperty('cause.message', 'shape');
  });

  it('refuse a request that is not one, before any handler sees it', async () => {
    const { client } = clientOf({ generate: () => Promise.resolve(picture(0)) });
    await expect(client.generate({ ...testRequest, steps: 0 }, new Map())).rejects.toMatchObject({
      code: 'bad-request',
    });
  });

  it('cancel between steps, and go on with the next job', async () => {
    const { client } = clientOf({
      async generate(_, { signal, emit }) {
        for (let step = 1; step <= 50; step += 1) {
          throwIfAborted(signal);
          emit({ kind: 'progress', progress: { stage: 'drawing', step, steps: 50 } });
          await nextTask();
        }
        return picture(1);
      },
    });
    const controller = new AbortController();
    let steps = 0;
    const cancelled = client.generate(testRequest, new Map(), {
      signal: controller.signal,
      onProgress: () => {
        steps += 1;
        if (steps === 3) controller.abort();
      },
    });
    await expect(cancelled).rejects.toBeInstanceOf(AbortError);
    expect(steps).toBeLessThan(6);
    await expect(client.generate(testRequest, new Map())).resolves.toEqual(picture(1));
  });

  it('cancel a job that is still waiting in the queue', async () => {
    let release = (): void => undefined;
    let started = 0;
    const { client } = clientOf({
      async generate() {
        started += 1;
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return picture(1);
      },
    });
    const controller = new AbortController();
    const first = client.generate(testRequest, new Map());
    const second = client.generate(testRequest, new Map(), { signal: controller.signal });
    await nextTask();
    controller.abort();
    await nextTask();
    release();
    await expect(second).rejects.toBeInstanceOf(AbortError);
    await expect(first).resolves.toEqual(picture(1));
    expect(started).toBe(1);
  });

  it('isolate a failure from the jobs behind it, which keep their order', async () => {
    const order: number[] = [];
    const { client } = clientOf({
      async generate({ request }) {
        order.push(request.seed);
        await nextTask();
        if (request.seed === 1) throw new AppError('internal', 'broken');
        return picture(request.seed);
      },
    });
    const jobs = [1, 2, 3].map((seed) => client.generate({ ...testRequest, seed }, new Map()));
    const results = await Promise.allSettled(jobs);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(order).toEqual([1, 2, 3]);
  });

  it('answer a photo question while a picture is being drawn', async () => {
    let release = (): void => undefined;
    const { client } = clientOf({
      async generate() {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return picture(1);
      },
      'inspect-photo': () => Promise.resolve({ width: 3, height: 4 }),
    });
    const drawing = client.generate(testRequest, new Map());
    await expect(client.inspectPhoto(new Blob(['x']))).resolves.toEqual({ width: 3, height: 4 });
    release();
    await drawing;
  });
});

describe('a worker that dies', () => {
  it('rejects its calls as retryable and is replaced with the same LoRAs', async () => {
    const installed: string[][] = [];
    const workers: FakeWorker[] = [];
    const client = createEngineClient(() => {
      const own: string[] = [];
      installed.push(own);
      const worker = createFakeWorker(
        handlersWith({
          'install-lora': ({ id }) => {
            own.push(id);
            return Promise.resolve({ rank: 4, layers: 70, ignoredKeys: 0 });
          },
          generate: async ({ request }) => {
            if (request.seed === 1) await new Promise<never>(() => undefined);
            return picture(own.length);
          },
        }),
      );
      workers.push(worker);
      return worker;
    });
    await client.installLora('hug', new Uint8Array([1]));
    const lost = client.generate(testRequest, new Map());
    await nextTask();
    workers[0]?.crash('out of memory');
    await expect(lost).rejects.toMatchObject({ code: 'worker-died', retryable: true });
    expect(workers[0]?.terminated).toBe(true);

    const result = await client.generate({ ...testRequest, seed: 2 }, new Map());
    expect(result).toEqual(picture(1));
    expect(installed).toEqual([['hug'], ['hug']]);
  });

  it('is replaced after a loss of its device or memory, once that call has failed', async () => {
    const { client, workers } = clientOf({
      generate: ({ request }) =>
        request.seed === 1
          ? Promise.reject(new AppError('out-of-memory', 'the heap is full', { retryable: true }))
          : Promise.resolve(picture(5)),
    });
    await expect(client.generate(testRequest, new Map())).rejects.toMatchObject({ code: 'out-of-memory' });
    expect(workers[0]?.terminated).toBe(true);
    await expect(client.generate({ ...testRequest, seed: 2 }, new Map())).resolves.toEqual(picture(5));
    expect(workers).toHaveLength(2);
  });

  it('is started again at the next call where it could not be started or set up', async () => {
    let starts = 0;
    const client = createEngineClient(() => {
      starts += 1;
      if (starts === 1) throw new Error('no worker for you');
      const broken = starts === 3;
      return createFakeWorker(
        handlersWith({
          'install-lora': () =>
            broken
              ? Promise.reject(new AppError('bad-lora', 'changed since'))
              : Promise.resolve({ rank: 4, layers: 70, ignoredKeys: 0 }),
          generate: () => Promise.resolve(picture(starts)),
        }),
      );
    });
    await expect(client.generate(testRequest, new Map())).rejects.toThrow('no worker for you');
    await client.installLora('hug', new Uint8Array([1]));
    client.restart();
    await expect(client.generate(testRequest, new Map())).rejects.toThrow('changed since');
    await expect(client.generate(testRequest, new Map())).resolves.toEqual(picture(4));
  });

  it('cancels running calls on restart and takes none after dispose', async () => {
    const { client, workers } = clientOf({ generate: () => new Promise<never>(() => undefined) });
    const running = client.generate(testRequest, new Map());
    await nextTask();
    client.restart();
    await expect(running).rejects.toBeInstanceOf(AbortError);
    expect(workers[0]?.terminated).toBe(true);
    client.dispose();
    await expect(client.describeDevice('auto')).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('errors as data', () => {
  it('keep code and causes, and call everything else internal', () => {
    const wrapped = new AppError('device-lost', 'the step failed', {
      cause: new Error('GPUDevice was lost'),
    });
    const data = errorToData(wrapped);
    expect(data.code).toBe('device-lost');
    expect(errorFromData(data)).toHaveProperty('cause.message', 'GPUDevice was lost');
    expect(errorToData('odd')).toMatchObject({ code: 'internal', message: 'odd', causes: [] });
  });

  it('end a chain of causes that points back at itself', () => {
    const circular = new Error('round');
    circular.cause = circular;
    expect(errorToData(circular).causes.length).toBeLessThan(20);
  });
});
