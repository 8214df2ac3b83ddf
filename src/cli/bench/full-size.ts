import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { SingleBar } from 'cli-progress';
import { z } from 'zod';
import { DEFAULT_ATTENTION } from '../../gpu/graph/attention.ts';
import { crossAttentionLayout } from '../../gpu/networks/cross-attention-layout.ts';
import { TEXT_TOKENS } from '../../gpu/networks/cross-attention-kv.ts';
import { IMAGE_TOKENS } from '../../gpu/networks/masks.ts';
import { buildUnet } from '../../gpu/networks/unet.ts';
import { parseUnetConfig } from '../../gpu/networks/unet-config.ts';
import { unetParameters } from '../../gpu/networks/unet-parameters.ts';
import { floatTensor } from '../../gpu/pipeline/tensors.ts';
import { createNodeRuntime } from '../../gpu/runtime/node-runtime.ts';
import type { HostTensor } from '../../gpu/runtime/runtime.ts';
import { AppError } from '../../shared/errors.ts';
import { createRandom } from '../../shared/random.ts';
import { createFolderStore } from '../../weights/node-store.ts';
import { storedComponent } from '../../weights/pack-reader.ts';
import { packComponent } from '../../weights/pack-writer.ts';
import { elementCount } from '../../weights/shape.ts';
import type { CheckpointTensor, ParameterSpec } from '../../weights/types.ts';
import { drawnTensor } from './drawn-tensor.ts';
import { type Measured, measurePeak } from './peak-memory.ts';
import { createStepCase, type StepCase } from './step-case.ts';

const SDXL_UNET = fileURLToPath(new URL('../../../tests/golden/full-size/unet.json.gz', import.meta.url));
const LATENT = { latentHeight: 128, latentWidth: 128 };
const PIXELS_PER_CELL = 8;

export interface Phase {
  readonly seconds: number;
  readonly startBytes: number;
  readonly peakBytes: number;
}

export interface FullSizeReport {
  readonly parameters: number;
  readonly packBytes: number;
  /** Drawing, quantizing, hashing and writing all weights. */
  readonly quantize: Phase;
  /** Reading the shards and making the session. */
  readonly load: Phase;
  /** One conditional step: twice, since the first also fills the runtime's memory pools. */
  readonly steps: readonly Phase[];
  /** Root mean square of the prediction: neither 0 nor infinite where every layer did its work. */
  readonly predictionRms: number;
}

/** One conditional step of SDXL's U-Net at 1024 × 1024 on random 4-bit weights, drawn tensor by tensor. */
export async function fullSizeStep({ threads }: { readonly threads: number }): Promise<FullSizeReport> {
  const fileSchema = z.object({ config: z.record(z.string(), z.unknown()) });
  const raw = fileSchema.parse(JSON.parse(gunzipSync(await readFile(SDXL_UNET)).toString('utf8'))).config;
  const config = parseUnetConfig(raw);
  const parameters = unetParameters(config);
  const folder = await mkdtemp(join(tmpdir(), 'full-size-'));
  const runtime = createNodeRuntime({ threads, memoryPattern: false });
  const bar = new SingleBar({ format: '{bar} {value}/{total} tensors', clearOnComplete: true });
  try {
    const store = createFolderStore(folder);
    bar.start(parameters.length, 0);
    const quantized = await measurePeak(() =>
      packComponent(
        {
          name: 'unet',
          config: raw,
          parameters,
          tensors: randomTensors(parameters, () => {
            bar.increment();
          }),
          precision: 'q4',
          source: 'random numbers',
        },
        store,
      ),
    );
    bar.stop();
    const component = storedComponent('unet', quantized.result);
    const attention = { ...DEFAULT_ATTENTION, fused: runtime.report.fusedAttention };
    const graph = buildUnet(config, component, { batch: 1, ...LATENT, attention });
    const loaded = await measurePeak(() => runtime.createSession(graph, (shard) => store.readFile(shard)));
    const inputs = conditionalInputs(createStepCase(component, LATENT, PIXELS_PER_CELL));
    const first = await measurePeak(() => loaded.result.run(inputs));
    const second = await measurePeak(() => loaded.result.run(inputs));
    const { output } = second.result;
    return {
      parameters: parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0),
      packBytes: quantized.result.shards.reduce((sum, { byteLength }) => sum + byteLength, 0),
      quantize: phaseOf(quantized),
      load: phaseOf(loaded),
      steps: [phaseOf(first), phaseOf(second)],
      predictionRms: rms(output?.location === 'host' ? output.data : []),
    };
  } finally {
    bar.stop();
    await runtime.dispose();
    await rm(folder, { recursive: true, force: true });
  }
}

const phaseOf = ({ seconds, startBytes, peakBytes }: Measured<unknown>): Phase => ({
  seconds,
  startBytes,
  peakBytes,
});

/** The conditional row of a case, with random keys and values. */
function conditionalInputs({ config, inputs, lora }: StepCase): Readonly<Record<string, HostTensor>> {
  const { totalHeads, headDim } = crossAttentionLayout(config);
  const random = createRandom(2);
  const keysOrValues = (tokens: number): HostTensor => {
    const shape = [1, totalHeads, tokens, headDim];
    return floatTensor(
      shape,
      Float32Array.from({ length: elementCount(shape) }, () => random.uniform(-1, 1)),
    );
  };
  const rows = Object.entries(inputs).map(([name, tensor]) => [name, firstRow(name, tensor)] as const);
  return {
    ...Object.fromEntries(rows),
    ...lora,
    textK: keysOrValues(TEXT_TOKENS),
    textV: keysOrValues(TEXT_TOKENS),
    imageK: keysOrValues(IMAGE_TOKENS),
    imageV: keysOrValues(IMAGE_TOKENS),
  };
}

const BATCHED = new Set(['sample', 'pooled', 'timeIds']);

/** The conditional row alone. */
function firstRow(name: string, tensor: HostTensor): HostTensor {
  if (!BATCHED.has(name)) return tensor;
  const [, ...shape] = tensor.shape;
  return floatTensor([1, ...shape], Float32Array.from(tensor.data.subarray(0, elementCount(shape)), Number));
}

function rms(values: ArrayLike<number | bigint>): number {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += Number(values[at]) ** 2;
  const result = Math.sqrt(sum / values.length);
  if (Number.isFinite(result) && result > 0) return result;
  throw new AppError('internal', `The full-size step gave ${result}, which is no picture.`);
}

/** Numbers to take weights from: billions of fresh ones would take longer than quantizing them. */
const POOL = 1 << 20;

/** Weights that keep a signal's size: norms are 1, others uniform with variance 1 / inputs. */
function randomTensors(
  specs: readonly ParameterSpec[],
  onDrawn: () => void,
): ReadonlyMap<string, CheckpointTensor> {
  const random = createRandom(1);
  const pool = Float32Array.from({ length: POOL }, () => random.uniform(-1, 1));
  return new Map(
    specs.map(({ name, shape }) => {
      const count = elementCount(shape);
      // The only weights with one axis are the norms'.
      const norm = shape.length === 1 && name.endsWith('.weight');
      const amplitude = shape.length < 2 ? 0 : Math.sqrt(3 / (count / (shape[0] ?? 1)));
      return drawnTensor(name, shape, () => {
        const values = new Float32Array(count);
        if (norm) values.fill(1);
        else fill(values, pool, amplitude, random.int(POOL));
        onDrawn();
        return values;
      });
    }),
  );
}

function fill(values: Float32Array, pool: Float32Array, amplitude: number, first: number): void {
  for (let at = 0; at < values.length; at += 1) values[at] = amplitude * (pool[(first + at) % POOL] ?? 0);
}
