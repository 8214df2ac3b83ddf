import { describe, expect, it } from 'vitest';
import { keepOnHost, type GraphModel, type Runtime } from '../runtime/runtime.ts';
import { createResultCache } from './result-cache.ts';
import { createSessionCache } from './session-cache.ts';

function graph(name: string, shards: readonly string[]): GraphModel {
  return { name, bytes: new Uint8Array(), shards, inputs: [], outputs: [] };
}

function loggingRuntime(log: string[]): Runtime {
  return {
    report: { provider: 'cpu', label: '', reason: '', threads: 1, float16: false, fusedAttention: false },
    readsFiles: false,
    upload: keepOnHost,
    createSession(model) {
      log.push(`+${model.name}`);
      return Promise.resolve({
        model,
        run: () => Promise.resolve({}),
        dispose() {
          log.push(`-${model.name}`);
          return Promise.resolve();
        },
      });
    },
    dispose: () => Promise.resolve(),
  };
}

describe('loaded sessions', () => {
  const sizes: Readonly<Record<string, number>> = { a: 60, b: 30, c: 80 };

  it('make room before they load, least recently used first', async () => {
    const log: string[] = [];
    const cache = createSessionCache({
      runtime: loggingRuntime(log),
      readShard: () => Promise.resolve(new Uint8Array()),
      shardByteLength: (shard) => sizes[shard] ?? 0,
      maxResidentBytes: 100,
    });
    const use = async (name: string): Promise<void> => {
      await cache.get({ key: name, build: () => graph(name, [name]) });
    };
    await use('a');
    await use('b');
    await use('a');
    await use('c');
    expect(log).toEqual(['+a', '+b', '-b', '-a', '+c']);
    await cache.dispose();
    await cache.dispose();
    expect(log.at(-1)).toBe('-c');
    expect(log).toHaveLength(6);
  });
});

describe('stage results', () => {
  it('are computed once a key, released when evicted, forgotten when they fail', async () => {
    const released: string[] = [];
    const computed: string[] = [];
    const cache = createResultCache<string>(2, (value) => released.push(value));
    const ask = (key: string): Promise<string> =>
      cache.remember(key, () => {
        computed.push(key);
        return key === 'bad' ? Promise.reject(new Error('bad')) : Promise.resolve(key);
      });
    await ask('a');
    await ask('b');
    await ask('a');
    await ask('c');
    expect(computed).toEqual(['a', 'b', 'c']);
    expect(released).toEqual(['b']);
    await expect(ask('bad')).rejects.toThrow('bad');
    await expect(ask('bad')).rejects.toThrow('bad');
    expect(computed.filter((key) => key === 'bad')).toHaveLength(2);
    cache.clear();
    expect(released).toEqual(['b', 'a', 'c']);
  });
});
