/** profile-graph.ts runs this in a process of its own: FOLDER PROVIDER THREADS */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { floatTensor } from '../../gpu/pipeline/tensors.ts';
import { createNodeRuntime, createNodeWasmRuntime } from '../../gpu/runtime/node-runtime.ts';
import { createRandom } from '../../shared/random.ts';
import { elementCount } from '../../weights/shape.ts';
import { PROFILED } from './profile-graph.ts';

const RUNS = 5;
const port = z.object({ name: z.string(), type: z.literal('float32'), shape: z.array(z.number().int()) });
const graphSchema = z.object({
  name: z.string(),
  shards: z.array(z.string()),
  inputs: z.array(port),
  outputs: z.array(port),
});
const [folder, provider, threads] = z
  .tuple([z.string(), z.enum(['cpu', 'wasm']), z.coerce.number().int()])
  .parse(process.argv.slice(2));

const graph = graphSchema.parse(JSON.parse(await readFile(join(folder, PROFILED.graph), 'utf8')));
const options = { threads, profilePrefix: join(folder, PROFILED.output) };
const runtime = await (provider === 'wasm' ? createNodeWasmRuntime(options) : createNodeRuntime(options));
const model = { ...graph, bytes: new Uint8Array(await readFile(join(folder, PROFILED.model))) };
const session = await runtime.createSession(
  model,
  async (shard) => new Uint8Array(await readFile(join(folder, shard))),
);
const random = createRandom(1);
const inputs = Object.fromEntries(
  graph.inputs.map(({ name, shape }) => [
    name,
    floatTensor(
      shape,
      Float32Array.from({ length: elementCount(shape) }, () => random.uniform(-1, 1)),
    ),
  ]),
);
for (let run = 0; run < RUNS; run += 1) await session.run(inputs);
await session.dispose();
// The WebAssembly build's threads would keep the process.
process.exitCode = 0;
setTimeout(() => process.exit(), 500);
