import { createNodeRuntime } from '../../src/gpu/runtime/node-runtime.ts';
import type { GraphModel, HostTensor } from '../../src/gpu/runtime/runtime.ts';
import type { OpenedPack } from '../../src/weights/pack-reader.ts';

export type Outputs = (name: string) => Float32Array;

/** A graph loaded for several runs; `dispose` frees it. */
export interface LoadedGraph {
  run(inputs: Readonly<Record<string, HostTensor>>): Promise<Outputs>;
  dispose(): Promise<void>;
}

/** Loads a graph with a pack's weights on Node's CPU runtime. */
export async function loadGraph(pack: OpenedPack, model: GraphModel): Promise<LoadedGraph> {
  const runtime = createNodeRuntime({ threads: 1 });
  const session = await runtime.createSession(model, (shard) => pack.readShard(shard));
  return {
    async run(inputs) {
      const outputs = await session.run(inputs);
      return (name) => {
        const output = outputs[name];
        if (output?.location !== 'host' || !(output.data instanceof Float32Array)) {
          throw new Error(`${model.name} has no float32 output ${name} in host memory`);
        }
        return output.data;
      };
    },
    dispose: () => runtime.dispose(),
  };
}

/** One run of a graph. */
export async function runGraph(
  pack: OpenedPack,
  model: GraphModel,
  inputs: Readonly<Record<string, HostTensor>>,
): Promise<Outputs> {
  const graph = await loadGraph(pack, model);
  const outputs = await graph.run(inputs);
  await graph.dispose();
  return outputs;
}
