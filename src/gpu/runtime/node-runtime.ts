import * as ort from 'onnxruntime-node';
import { AppError, messageOf } from '../../shared/errors.ts';
import { wrapOrtSession } from './ort-session.ts';
import type { GraphModel, Runtime, Session } from './runtime.ts';

export interface NodeRuntimeOptions {
  /** Threads inside one operator; 0 lets the runtime take every core. */
  readonly threads?: number;
}

/** onnxruntime-node on the CPU: tests, evaluation and the command line. */
export function createNodeRuntime({ threads = 0 }: NodeRuntimeOptions = {}): Runtime {
  const sessions = new Set<Session>();
  return {
    report: {
      provider: 'cpu',
      label: threads === 0 ? 'CPU, all cores' : `CPU, ${threads} threads`,
      reason: 'Node runs graphs on the processor.',
      threads,
      float16: false,
      fusedAttention: true,
    },
    async createSession(model, readShard) {
      const session = await load(model, readShard, threads);
      sessions.add(session);
      return {
        ...session,
        async dispose() {
          sessions.delete(session);
          await session.dispose();
        },
      };
    },
    async dispose() {
      await Promise.all([...sessions].map((session) => session.dispose()));
      sessions.clear();
    },
  };
}

async function load(
  model: GraphModel,
  readShard: (shard: string) => Promise<Uint8Array>,
  threads: number,
): Promise<Session> {
  const externalData: { path: string; data: Uint8Array }[] = [];
  for (const shard of model.shards) externalData.push({ path: shard, data: await readShard(shard) });
  try {
    const session = await ort.InferenceSession.create(model.bytes, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'all',
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      externalData,
    });
    return wrapOrtSession(ort, session, model);
  } catch (thrown) {
    throw new AppError('internal', `The graph ${model.name} was not accepted: ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}
