import { beforeEach, describe, expect, it, vi } from 'vitest';
import { testStore } from '../../gpu/pipeline/test-pack-node.ts';
import { type GenerationResult } from '../../gpu/pipeline/types.ts';
import { AbortError, AppError } from '../../shared/errors.ts';
import { type GenerationRequest } from '../../shared/request.ts';
import { openPack } from '../../weights/pack-reader.ts';
import { type EngineClient } from '../../workers/engine-client.ts';
import { testDevice, testRequest } from '../../workers/test-support.ts';
import { store } from './app-state.ts';
import { connectEngine } from './engine-actions.ts';
import { cancel, cancelAll, retry, startQueue } from './run-queue.ts';

// A browser's canvas encodes pictures; here their settings are enough.
vi.mock('../photos/encode-picture.ts', () => ({ encodePicture: () => Promise.resolve(new Blob(['png'])) }));
vi.stubGlobal('document', { baseURI: 'http://localhost/' });
vi.stubGlobal('navigator', { language: 'en' });

const manifest = {
  ...(await openPack(await testStore())).manifest,
  networkBytes: [],
  passWork: null,
  activations: null,
};

const result: GenerationResult = {
  width: 1,
  height: 1,
  pixels: new Uint8ClampedArray(4),
  timings: { photos: 0, words: 0, drawing: 0, developing: 0, total: 0 },
  cutTexts: [],
  device: testDevice,
};

const FAILS = 666;
const WAITS = 999;

/** An engine that draws at once, apart from a seed that fails and one that waits until it is cancelled. */
function fakeEngine(opened: string[]): EngineClient {
  const notExpected = (): Promise<never> => Promise.reject(new Error('not expected'));
  return {
    describeDevice: notExpected,
    countTokens: notExpected,
    inspectPhoto: notExpected,
    installLora: notExpected,
    openPack({ url }) {
      opened.push(url);
      if (url.includes('gone')) return Promise.reject(new AppError('bad-pack', 'there is no such pack'));
      return Promise.resolve({ manifest, device: testDevice });
    },
    generate({ seed }, _photos, { signal } = {}) {
      if (seed === FAILS) return Promise.reject(new AppError('network', 'no network', { retryable: true }));
      if (seed !== WAITS) return Promise.resolve(result);
      return new Promise((_, reject) => {
        const stop = (): void => {
          reject(new AbortError());
        };
        if (signal?.aborted === true) stop();
        signal?.addEventListener('abort', stop);
      });
    },
    restart: () => undefined,
    dispose: () => undefined,
  };
}

let opened: string[] = [];
startQueue();

beforeEach(async () => {
  store.setState(store.getInitialState(), true);
  opened = [];
  connectEngine(fakeEngine(opened));
  await vi.waitFor(() => {
    expect(store.getState().engine.kind).toBe('ready');
  });
});

function ask(...requests: readonly Partial<GenerationRequest>[]): void {
  store.setState({
    queue: requests.map((request, index) => ({
      kind: 'waiting',
      id: String(index),
      request: { ...testRequest, ...request },
    })),
  });
}

const seedsMade = (): readonly number[] => store.getState().pictures.map(({ request }) => request.seed);

async function settled(): Promise<void> {
  await vi.waitFor(() => {
    const { job, queue, engine } = store.getState();
    expect(queue.some(({ kind }) => kind === 'waiting')).toBe(false);
    expect(job.kind).not.toBe('running');
    expect(engine.kind).toBe('ready');
  });
}

describe('the queue', () => {
  it('makes pictures in their order, each with its own settings', async () => {
    ask({ seed: 1 }, { seed: 2 }, { seed: 3 });
    await settled();
    expect(seedsMade()).toEqual([3, 2, 1]);
    expect(store.getState().job.kind).toBe('done');
  });

  it('a failure does not hold up the next, and stays to be tried again', async () => {
    ask({ seed: FAILS }, { seed: 2 });
    await settled();
    expect(seedsMade()).toEqual([2]);
    expect(store.getState().queue).toMatchObject([{ kind: 'failed', message: 'no network' }]);
  });

  it('the last failure is the job’s own and is tried again as it was', async () => {
    ask({ seed: FAILS });
    await settled();
    expect(store.getState().job).toMatchObject({ kind: 'failed', retryable: true });
    connectEngine({ ...fakeEngine(opened), generate: () => Promise.resolve(result) });
    retry();
    await vi.waitFor(() => {
      expect(seedsMade()).toEqual([FAILS]);
    });
  });

  it('cancel ends one picture, cancel all ends them all', async () => {
    ask({ seed: WAITS }, { seed: WAITS }, { seed: WAITS });
    expect(store.getState().job.kind).toBe('running');
    cancel();
    await vi.waitFor(() => {
      expect(store.getState().queue).toHaveLength(1);
    });
    cancelAll();
    await settled();
    expect(store.getState().queue).toEqual([]);
    expect(store.getState().job.kind).toBe('cancelled');
    expect(seedsMade()).toEqual([]);
  });

  it('opens the pack that a picture needs, and the editor’s own afterwards', async () => {
    ask({ seed: 1, pack: 'other' }, { seed: 2 });
    await vi.waitFor(() => {
      expect(seedsMade()).toEqual([2, 1]);
    });
    await settled();
    expect(opened.map((url) => /toybox|other/.exec(url)?.[0])).toEqual(['toybox', 'other', 'toybox']);
  });

  it('a pack that does not open fails only what needs it', async () => {
    ask({ seed: 1, pack: 'gone' }, { seed: 2 });
    await vi.waitFor(() => {
      expect(seedsMade()).toEqual([2]);
    });
    expect(store.getState().queue).toMatchObject([{ kind: 'failed', message: 'there is no such pack' }]);
    expect(store.getState().engine.kind).toBe('ready');
  });
});
