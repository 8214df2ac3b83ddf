import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { SingleBar } from 'cli-progress';
import { z } from 'zod';
import { parseUnetConfig } from '../../gpu/networks/unet-config.ts';
import { unetParameters } from '../../gpu/networks/unet-parameters.ts';
import { createRandom } from '../../shared/random.ts';
import type { Precision } from '../../weights/pack-manifest.ts';
import { elementCount } from '../../weights/shape.ts';
import type { CheckpointTensor, ParameterSpec } from '../../weights/types.ts';
import { drawnTensor } from './drawn-tensor.ts';
import { hasStoredNetwork, storeNetwork } from './stored-network.ts';
import { measurePeak, type Phase, phaseOf } from './peak-memory.ts';

const SDXL_UNET = fileURLToPath(new URL('../../../tests/golden/full-size/unet.json.gz', import.meta.url));

export type RawConfig = Readonly<Record<string, unknown>>;

/** config.json of SDXL's U-Net. */
export async function sdxlUnetConfig(): Promise<RawConfig> {
  const fileSchema = z.object({ config: z.record(z.string(), z.unknown()) });
  return fileSchema.parse(JSON.parse(gunzipSync(await readFile(SDXL_UNET)).toString('utf8'))).config;
}

/**
 * A U-Net of random weights in a folder, drawn and quantized tensor by tensor; made once. Gives what drawing,
 * quantizing, hashing and writing took, or undefined where the folder has it already.
 */
export async function storeRandomUnet(
  config: RawConfig,
  precision: Precision,
  folder: string,
): Promise<Phase | undefined> {
  if (await hasStoredNetwork(folder)) return undefined;
  const parameters = unetParameters(parseUnetConfig(config));
  const bar = new SingleBar({ format: '{bar} {value}/{total} tensors', clearOnComplete: true });
  bar.start(parameters.length, 0);
  const tensors = randomTensors(parameters, () => {
    bar.increment();
  });
  try {
    const input = { name: 'unet', config, parameters, tensors, precision, source: 'random numbers' };
    return phaseOf(await measurePeak(() => storeNetwork(input, folder)));
  } finally {
    bar.stop();
  }
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
