import type { InferenceSession, TensorConstructor } from 'onnxruntime-common';
import { invariant } from '../../shared/errors.ts';
import { ortError } from './ort-errors.ts';
import { wrapOrtSession } from './ort-session.ts';
import { GraphBuilder } from '../graph/graph.ts';
import {
  type DeviceReport,
  type GraphModel,
  keepOnHost,
  type ReadShard,
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

/**
 * The {@link Runtime} contract over one distribution, with the session options of one provider.
 * `readsFiles`: the distribution is a native library, which maps weights from files.
 */
export function ortRuntime(
  ort: Ort,
  report: DeviceReport,
  provider: InferenceSession.SessionOptions,
  readsFiles = false,
): Runtime {
  const sessions = new Set<Session>();
  return {
    report,
    readsFiles,
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
  readShard: ReadShard,
  provider: InferenceSession.SessionOptions,
): Promise<Session> {
  const weights = await readShards(model, readShard);
  try {
    const session = await ort.InferenceSession.create(model.bytes, {
      ...provider,
      graphOptimizationLevel: 'all',
      ...weights,
    });
    return wrapOrtSession(ort, session, model, provider.enableProfiling === true);
  } catch (thrown) {
    throw ortError(`Loading ${model.name}`, thrown);
  }
}

/** Where onnxruntime finds a graph's weights: every shard in memory, or every shard in one folder. */
async function readShards(
  model: GraphModel,
  readShard: ReadShard,
): Promise<Pick<InferenceSession.SessionOptions, 'externalData' | 'extra'>> {
  const externalData: { path: string; data: Uint8Array }[] = [];
  const folders = new Set<string>();
  for (const shard of model.shards) {
    const content = await readShard(shard);
    if (content instanceof Uint8Array) externalData.push({ path: shard, data: content });
    else folders.add(content.folder);
  }
  const [folder] = folders;
  if (folder === undefined) return { externalData };
  invariant(
    folders.size === 1 && externalData.length === 0,
    () =>
      `The weights of ${model.name} must lie in one place; they are in ${[...folders].join(', ')} and memory.`,
  );
  return { extra: { session: { model_external_initializers_file_folder_path: folder } } };
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
