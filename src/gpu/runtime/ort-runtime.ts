import type { InferenceSession, TensorConstructor } from 'onnxruntime-common';
import { ortError } from './ort-errors.ts';
import { wrapOrtSession } from './ort-session.ts';
import { GraphBuilder } from '../graph/graph.ts';
import {
  type DeviceReport,
  type GraphModel,
  keepOnHost,
  type Runtime,
  type Session,
  type Tensor,
  type Uploaded,
} from './runtime.ts';

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
    upload(tensors) {
      return report.provider === 'webgpu' ? copyToDevice(ort, tensors, provider) : keepOnHost(tensors);
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
    return wrapOrtSession(ort, session, model, provider.enableProfiling === true);
  } catch (thrown) {
    throw ortError(`Loading ${model.name}`, thrown);
  }
}

/**
 * A graph that does nothing leaves its outputs where it ran: the one way that needs no hold of the device.
 * The outputs are its session's; it stays open until they are freed.
 */
async function copyToDevice(
  ort: Ort,
  tensors: Readonly<Record<string, Tensor>>,
  provider: InferenceSession.SessionOptions,
): Promise<Uploaded> {
  const onHost = Object.entries(tensors).filter(([, { location }]) => location === 'host');
  if (onHost.length === 0) return keepOnHost(tensors);
  const g = new GraphBuilder('upload');
  for (const [name, { type, shape }] of onHost) g.output(g.input(`${name} on host`, type, shape), name);
  const session = await load(ort, g.build(), () => Promise.reject(new Error('no weights')), provider);
  let copies: Readonly<Record<string, Tensor>> = {};
  const release = async (): Promise<void> => {
    for (const tensor of Object.values(copies)) if (tensor.location === 'device') tensor.dispose();
    await session.dispose();
  };
  try {
    const inputs = Object.fromEntries(onHost.map(([name, tensor]) => [`${name} on host`, tensor]));
    copies = await session.run(inputs, { keepOnDevice: onHost.map(([name]) => name) });
    return { tensors: { ...tensors, ...copies }, release };
  } catch (error) {
    await release();
    throw error;
  }
}
