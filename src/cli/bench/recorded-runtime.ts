import type { Runtime, Session, Tensor } from '../../gpu/runtime/runtime.ts';
import { COMPONENTS, type ComponentName } from '../../weights/pack-manifest.ts';

/** What a network's graph gave in its first run, all outputs one after another. */
export type FirstOutputs = Map<ComponentName, Float32Array>;

/** Beginnings of graph names that are not their network's. */
const GRAPHS: readonly (readonly [string, ComponentName])[] = [
  ['unet-', 'unet'],
  ['cross-attention-kv-', 'cross_attention'],
  ['vae-decoder-whole-', 'vae'],
  // The picture of a decoder in two parts comes from the second one.
  ['vae-decoder-tail-', 'vae'],
];

function networkOf(graph: string): ComponentName | undefined {
  const known = GRAPHS.find(([start]) => graph.startsWith(start));
  return known === undefined ? COMPONENTS.find((name) => name === graph) : known[1];
}

function floatsOf(outputs: Readonly<Record<string, Tensor>>): Float32Array {
  return Float32Array.from(
    Object.values(outputs).flatMap((tensor) =>
      tensor.location === 'host' ? Array.from(tensor.data, Number) : [],
    ),
  );
}

/** A runtime that keeps what each network gave first. Its sessions must give their outputs in host memory. */
export function recordedRuntime(runtime: Runtime, outputs: FirstOutputs): Runtime {
  return {
    ...runtime,
    async createSession(model, readShard): Promise<Session> {
      const session = await runtime.createSession(model, readShard);
      const network = networkOf(model.name);
      return {
        model,
        async run(inputs, options) {
          const result = await session.run(inputs, options);
          if (network !== undefined && !outputs.has(network)) outputs.set(network, floatsOf(result));
          return result;
        },
        dispose: () => session.dispose(),
      };
    },
  };
}
