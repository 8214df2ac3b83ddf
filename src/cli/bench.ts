/**
 * npx tsx src/cli/bench.ts --pack FOLDER [--width 256] [--height 256] [--runs 10] [--threads 0]
 *
 * Times the networks that a picture's steps are made of (U-Net with and without guidance, VAE decoder) on
 * the CPU runtime: random inputs, the pack's weights. Prints one line a network: load, first run, median
 * and fastest run in milliseconds, and the process's memory afterwards.
 */
import { parseArgs } from 'node:util';
import { buildUnet } from '../gpu/networks/unet.ts';
import { parseUnetConfig } from '../gpu/networks/unet-config.ts';
import { buildVaeDecoder, parseVaeConfig } from '../gpu/networks/vae-decoder.ts';
import { createNodeRuntime } from '../gpu/runtime/node-runtime.ts';
import { type GraphModel, hostTensor, type HostTensor, type Runtime } from '../gpu/runtime/runtime.ts';
import { AppError, messageOf } from '../shared/errors.ts';
import { createRandom } from '../shared/random.ts';
import { createFolderStore } from '../weights/node-store.ts';
import { openPack } from '../weights/pack-reader.ts';

function positiveInteger(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new AppError('bad-request', `--${name} ${text}: expected a whole number above 0.`);
}

function randomInputs(model: GraphModel): Readonly<Record<string, HostTensor>> {
  const random = createRandom(1);
  return Object.fromEntries(
    model.inputs.map(({ name, shape }) => {
      const count = shape.reduce((product, size) => product * size, 1);
      const data = Float32Array.from({ length: count }, () => random.uniform(-1, 1));
      return [name, hostTensor('float32', shape, data)];
    }),
  );
}

interface Timing {
  readonly load: number;
  readonly first: number;
  readonly median: number;
  readonly fastest: number;
}

async function time(
  runtime: Runtime,
  model: GraphModel,
  readShard: (shard: string) => Promise<Uint8Array>,
  runs: number,
): Promise<Timing> {
  const begin = performance.now();
  const session = await runtime.createSession(model, readShard);
  const load = performance.now() - begin;
  const inputs = randomInputs(model);
  const durations: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const start = performance.now();
    await session.run(inputs);
    durations.push(performance.now() - start);
  }
  await session.dispose();
  const [first = 0, ...later] = durations;
  later.sort((a, b) => a - b);
  return { load, first, median: later[Math.floor(later.length / 2)] ?? first, fastest: later[0] ?? first };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      pack: { type: 'string' },
      width: { type: 'string' },
      height: { type: 'string' },
      runs: { type: 'string', default: '10' },
      threads: { type: 'string' },
    },
  });
  if (values.pack === undefined) {
    throw new AppError(
      'bad-request',
      'Usage: npx tsx src/cli/bench.ts --pack FOLDER [--width 256] [--runs 10]',
    );
  }
  const pack = await openPack(createFolderStore(values.pack));
  const { manifest, components } = pack;
  const unet = components.get('unet');
  const vae = components.get('vae');
  if (unet === undefined || vae === undefined) {
    throw new AppError('bad-pack', `The pack ${manifest.id} has no U-Net or no VAE. Make it again.`);
  }
  const vaeConfig = parseVaeConfig(vae.config);
  const cells = (name: 'width' | 'height'): number =>
    positiveInteger(name, values[name] ?? String(manifest.defaults[name])) / vaeConfig.factor;
  const size = { latentHeight: cells('height'), latentWidth: cells('width') };
  const unetConfig = parseUnetConfig(unet.config);
  const runs = positiveInteger('runs', values.runs);
  const runtime = createNodeRuntime(
    values.threads === undefined ? {} : { threads: positiveInteger('threads', values.threads) },
  );
  const networks: readonly (readonly [string, GraphModel])[] = [
    ['U-Net, guidance', buildUnet(unetConfig, unet, { ...size, batch: 2 })],
    ['U-Net, no guidance', buildUnet(unetConfig, unet, { ...size, batch: 1 })],
    ['VAE decoder', buildVaeDecoder(vaeConfig, vae, size)],
  ];
  console.log(`${manifest.id}, ${runtime.report.label}, latent ${size.latentWidth} × ${size.latentHeight}`);
  for (const [name, model] of networks) {
    const timing = await time(runtime, model, (shard) => pack.readShard(shard), runs);
    const columns = Object.entries(timing).map(
      ([label, value]: [string, number]) => `${label} ${value.toFixed(1)} ms`,
    );
    const memory = `${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`;
    console.log([name.padEnd(20), ...columns, memory].join('  '));
  }
  await runtime.dispose();
}

try {
  await main();
} catch (thrown) {
  console.error(messageOf(thrown));
  process.exitCode = 1;
}
