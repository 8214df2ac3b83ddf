import type { InferenceSession, TensorConstructor } from 'onnxruntime-common';
import { ortError } from './ort-errors.ts';
import { wrapOrtSession } from './ort-session.ts';
import type { DeviceReport, GraphModel, Runtime, Session } from './runtime.ts';

/** What every distribution of onnxruntime offers under the same names. */
export interface Ort {
  readonly Tensor: TensorConstructor;
  readonly InferenceSession: {
    create(bytes: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
}

/** The {@link Runtime} contract over one distribution, with the session options of one provider. */
export function ortRuntime(
  ort: Ort,
  report: DeviceReport,
  provider: InferenceSession.SessionOptions,
): Runtime {
  const sessions = new Set<Session>();
  return {
    report,
    async createSession(model, readShard) {
      const session = await load(ort, model, readShard, provider);
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
      const open = [...sessions];
      sessions.clear();
      await Promise.all(open.map((session) => session.dispose()));
    },
  };
}

async function load(
  ort: Ort,
  model: GraphModel,
  readShard: (shard: string) => Promise<Uint8Array>,
  provider: InferenceSession.SessionOptions,
): Promise<Session> {
  const externalData: { path: string; data: Uint8Array }[] = [];
  for (const shard of model.shards) externalData.push({ path: shard, data: await readShard(shard) });
  try {
    const session = await ort.InferenceSession.create(model.bytes, {
      ...provider,
      graphOptimizationLevel: 'all',
      externalData,
    });
    return wrapOrtSession(ort, session, model);
  } catch (thrown) {
    throw ortError(`Loading ${model.name}`, thrown);
  }
}
