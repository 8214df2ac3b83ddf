/** step-memory.ts runs this in a process of its own: FOLDER OPTIONS */
import { resolve } from 'node:path';
import { DEFAULT_ATTENTION } from '../../gpu/graph/attention.ts';
import { buildUnet } from '../../gpu/networks/unet.ts';
import { createNodeRuntime, createNodeWasmRuntime } from '../../gpu/runtime/node-runtime.ts';
import { AppError } from '../../shared/errors.ts';
import { createFolderStore } from '../../weights/node-store.ts';
import { measurePeak, type Phase, phaseOf } from './peak-memory.ts';
import { createStepCase, stepInputs } from './step-case.ts';
import { type StepMemory, stepMemoryOptionsSchema } from './step-memory.ts';
import { readStoredNetwork } from './stored-network.ts';

/** Pixels along one side of a latent cell: only `time_ids` hang on it. */
const PIXELS_PER_CELL = 8;

const [folder = '', text = ''] = process.argv.slice(2);
const { provider, threads, latentHeight, latentWidth, batch, memoryPattern, runs } =
  stepMemoryOptionsSchema.parse(JSON.parse(text));
const component = await readStoredNetwork(folder);
const runtime = await (provider === 'wasm'
  ? createNodeWasmRuntime({ threads })
  : createNodeRuntime({ threads, memoryPattern }));
const step = createStepCase(component, { latentHeight, latentWidth }, PIXELS_PER_CELL);
const attention = { ...DEFAULT_ATTENTION, fused: runtime.report.fusedAttention };
const model = buildUnet(step.config, component, { batch, latentHeight, latentWidth, attention });
const inputs = stepInputs(step, batch);
const store = createFolderStore(folder);
const loaded = await measurePeak(() =>
  runtime.createSession(model, (shard) =>
    runtime.readsFiles ? Promise.resolve({ folder: resolve(folder) }) : store.readFile(shard),
  ),
);
const steps: Phase[] = [];
let predictionRms = 0;
for (let run = 0; run < runs; run += 1) {
  const ran = await measurePeak(() => loaded.result.run(inputs));
  steps.push(phaseOf(ran));
  const { output } = ran.result;
  predictionRms = rms(output?.location === 'host' ? output.data : []);
}
const report: StepMemory = { load: phaseOf(loaded), steps, predictionRms };
process.stdout.write(JSON.stringify(report), () => {
  // The WebAssembly build's threads would keep the process.
  process.exit(0);
});

function rms(values: ArrayLike<number | bigint>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += Number(values[at]) ** 2;
  const result = Math.sqrt(sum / values.length);
  if (Number.isFinite(result) && result > 0) return result;
  throw new AppError('internal', `The step gave ${result}, which is no picture.`);
}
