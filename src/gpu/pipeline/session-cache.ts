import type { GraphModel, ReadShard, Runtime, Session } from '../runtime/runtime.ts';

/** One graph that a stage runs. `key` names it among all graphs of an engine. */
export interface SessionSpec {
  readonly key: string;
  build(): GraphModel;
}

export interface SessionCacheOptions {
  readonly runtime: Runtime;
  readonly readShard: ReadShard;
  /** Size of a shard, for the budget. */
  readonly shardByteLength: (shard: string) => number;
  /** Most bytes of weights that stay loaded; one session may exceed it alone. */
  readonly maxResidentBytes: number;
}

export interface SessionCache {
  /** The session of that graph, loaded if it is not; it stays valid until the next call of `get`. */
  get(spec: SessionSpec): Promise<Session>;
  dispose(): Promise<void>;
}

interface Entry {
  readonly session: Session;
  readonly byteLength: number;
}

/**
 * Keeps loaded what fits the budget, least recently used out first, and makes room before it loads: the
 * peak is the budget, or the largest single stage where that is larger. Not for concurrent use: stages
 * run one after another.
 */
export function createSessionCache(options: SessionCacheOptions): SessionCache {
  const { runtime, readShard, shardByteLength, maxResidentBytes } = options;
  // A Map keeps insertion order; an entry is moved to the end when it is used.
  const entries = new Map<string, Entry>();

  async function makeRoomFor(byteLength: number): Promise<void> {
    let resident = [...entries.values()].reduce((sum, entry) => sum + entry.byteLength, 0);
    for (const [key, entry] of entries) {
      if (resident + byteLength <= maxResidentBytes) return;
      entries.delete(key);
      resident -= entry.byteLength;
      await entry.session.dispose();
    }
  }

  return {
    async get(spec) {
      const known = entries.get(spec.key);
      if (known !== undefined) {
        entries.delete(spec.key);
        entries.set(spec.key, known);
        return known.session;
      }
      const model = spec.build();
      const byteLength = model.shards.reduce((sum, shard) => sum + shardByteLength(shard), 0);
      await makeRoomFor(byteLength);
      const session = await runtime.createSession(model, readShard);
      entries.set(spec.key, { session, byteLength });
      return session;
    },
    async dispose() {
      const sessions = [...entries.values()].map(({ session }) => session);
      entries.clear();
      await Promise.all(sessions.map((session) => session.dispose()));
    },
  };
}
