import { describeLoraFolder } from '../../gpu/packing/describe-lora.ts';
import { installPack } from '../../gpu/packing/install-pack.ts';
import { type PackDescription, type PackPlan, planPack } from '../../gpu/packing/plan-pack.ts';
import { packRounding, type Rounding, roundingKey } from '../../gpu/packing/weight-rounding.ts';
import { openEngine } from '../../gpu/pipeline/engine.ts';
import type { EnginePack } from '../../gpu/pipeline/pack.ts';
import type { LoadPhoto } from '../../gpu/pipeline/photo-stage.ts';
import { createNodeRuntime } from '../../gpu/runtime/node-runtime.ts';
import type { Runtime } from '../../gpu/runtime/runtime.ts';
import { composeScene, renderScene } from '../../scenes/index.ts';
import { createNodeCanvasFactory } from '../../scenes/node-canvas.ts';
import type { GenerationRequest } from '../../shared/request.ts';
import { openPack } from '../../weights/pack-reader.ts';
import type { ComponentName } from '../../weights/pack-manifest.ts';
import { createMemoryStore } from '../../weights/stores.ts';
import type { CheckpointFolder } from '../../weights/types.ts';
import { scenePhotos, sceneRequest } from '../scene-request.ts';
import { LATENT_STEPS } from './latents-of.ts';
import { type OtherNetwork, withNetworks } from './other-networks.ts';
import { type FirstOutputs, recordedRuntime } from './recorded-runtime.ts';
import { readPlan, roundedNetworks } from './rounded-networks.ts';

export interface QuantizationOptions {
  readonly description: PackDescription;
  readonly threads: number;
  /** Pictures whose errors are averaged. */
  readonly pictures: number;
  readonly onCase: (done: number, total: number) => void;
}

export interface NetworkError {
  /** Of what the network gives where everything before it is exact. */
  readonly output: number;
  /** Of the latents of a whole generation in which only this network is rounded. */
  readonly latents: number;
}

export interface RoundingErrors {
  readonly name: string;
  readonly rounding: Rounding;
  readonly networks: Readonly<Partial<Record<ComponentName, NetworkError>>>;
  /** Of the latents, with every network rounded. */
  readonly all: number;
}

export interface QuantizationReport {
  readonly steps: number;
  readonly pictures: number;
  readonly rows: readonly RoundingErrors[];
}

/** What is compared: the precisions as packs store them, then what they might do otherwise. */
export const ROUNDINGS: readonly { readonly name: string; readonly rounding: Rounding }[] = [
  { name: 'fp16', rounding: packRounding('fp16') },
  ...(['q8', 'q4'] as const).flatMap((precision) =>
    (['middle', 'free'] as const).flatMap((zeroPoint) => {
      const name = `${precision}, ${zeroPoint === 'middle' ? 'symmetric' : 'zero-point'}`;
      const rounding = { ...packRounding(precision), zeroPoint };
      const without: Rounding = { ...rounding, kept: ['convolutions'] };
      return [
        { name, rounding },
        { name: `${name}, nothing in float32`, rounding: without },
        ...(precision === 'q4'
          ? [{ name: `${name}, convolutions in 4 bits too`, rounding: { ...rounding, kept: [] } }]
          : []),
      ];
    }),
  ),
];

/** Held-out scenes of the data engine. */
const FIRST_SEED = 900_000;
const SCENE_SIDE = 256;

/**
 * Relative errors ‖x − y‖ / ‖y‖ that rounding the weights of a checkpoint causes, network by network, against its own
 * float32 numbers, in pictures of held-out scenes.
 */
export async function quantizationErrors(
  checkpoint: CheckpointFolder,
  options: QuantizationOptions,
): Promise<QuantizationReport> {
  const { threads, pictures } = options;
  const runtime = createNodeRuntime({ threads });
  try {
    return { steps: LATENT_STEPS, pictures, rows: await allRows(checkpoint, runtime, options) };
  } finally {
    await runtime.dispose();
  }
}

async function allRows(
  checkpoint: CheckpointFolder,
  runtime: Runtime,
  { description, pictures, onCase }: QuantizationOptions,
): Promise<readonly RoundingErrors[]> {
  const plan = await planPack(checkpoint);
  const pack = await floatPack(plan, runtime, description);
  const values = await readPlan(plan);
  const cases = Array.from({ length: pictures }, (_, index) => pictureOf(pack, FIRST_SEED + index));
  const exactNetworks = roundedNetworks(plan, values, packRounding('fp32'));
  const exact: Drawn[] = [];
  for (const picture of cases) exact.push(await draw(pack, runtime, exactNetworks, picture));

  /** Of each picture, with these networks in the place of the exact ones. */
  const drawnWith = async (others: ReadonlyMap<ComponentName, OtherNetwork>): Promise<readonly Drawn[]> => {
    const drawn: Drawn[] = [];
    for (const picture of cases)
      drawn.push(await draw(pack, runtime, new Map([...exactNetworks, ...others]), picture));
    return drawn;
  };
  const meanError = (drawn: readonly Drawn[], of: (one: Drawn) => Float32Array | undefined): number => {
    const errors = drawn.map((one, index) => {
      const expected = exact[index];
      return relativeDistance(of(one), expected && of(expected));
    });
    return errors.reduce((sum, error) => sum + error, 0) / errors.length;
  };

  const total = ROUNDINGS.length * (plan.networks.length + 1);
  const rows: RoundingErrors[] = [];
  /** By network and the numbers it gets: many roundings differ in other networks only. */
  const measured = new Map<string, NetworkError>();
  let done = 0;
  for (const { name, rounding } of ROUNDINGS) {
    const rounded = roundedNetworks(plan, values, rounding);
    const networks: Partial<Record<ComponentName, NetworkError>> = {};
    for (const { name: network, parameters } of plan.networks) {
      const key = `${network} ${roundingKey(parameters, rounding)}`;
      let errors = measured.get(key);
      const other = rounded.get(network);
      if (errors === undefined && other !== undefined) {
        const drawn = await drawnWith(new Map([[network, other]]));
        errors = {
          output: meanError(drawn, ({ outputs }) => outputs.get(network)),
          latents: meanError(drawn, ({ latents }) => latents),
        };
        measured.set(key, errors);
      }
      if (errors !== undefined) networks[network] = errors;
      onCase((done += 1), total);
    }
    const all = meanError(await drawnWith(rounded), ({ latents }) => latents);
    onCase((done += 1), total);
    rows.push({ name, rounding, networks, all });
  }
  return rows;
}

/** ‖actual − expected‖ / ‖expected‖; throws RangeError where there is nothing to compare. */
export function relativeDistance(
  actual: Float32Array | undefined,
  expected: Float32Array | undefined,
): number {
  if (
    actual === undefined ||
    expected === undefined ||
    actual.length !== expected.length ||
    actual.length === 0
  )
    throw new RangeError('Two networks of one shape gave outputs that cannot be compared.');
  let [difference, magnitude] = [0, 0];
  for (const [index, value] of expected.entries()) {
    difference += (value - (actual[index] ?? NaN)) ** 2;
    magnitude += value ** 2;
  }
  return Math.sqrt(difference / magnitude);
}

/** Tokenizers, scheduler and configurations as the engine takes them. */
async function floatPack(
  plan: PackPlan,
  runtime: Runtime,
  description: PackDescription,
): Promise<EnginePack> {
  const store = createMemoryStore(description.id);
  await installPack(plan, store, {
    precision: 'fp32',
    description,
    describeLora: describeLoraFolder,
    runtime,
  });
  return openPack(store);
}

interface Picture {
  readonly request: GenerationRequest;
  readonly loadPhoto: LoadPhoto;
}

function pictureOf({ manifest }: EnginePack, seed: number): Picture {
  const scene = composeScene({ seed, split: 'heldout', relations: ['hugging'] });
  const truth = renderScene(createNodeCanvasFactory(), scene, SCENE_SIDE);
  const prompt = scene.captions.relation[0] ?? '';
  const request = sceneRequest(manifest, scene, truth, { prompt, seed, loras: [], steps: LATENT_STEPS });
  return { request, loadPhoto: scenePhotos(scene) };
}

interface Drawn {
  readonly outputs: FirstOutputs;
  /** [C,h,w] after the last step. */
  readonly latents: Float32Array;
}

async function draw(
  pack: EnginePack,
  runtime: Runtime,
  networks: ReadonlyMap<ComponentName, OtherNetwork>,
  { request, loadPhoto }: Picture,
): Promise<Drawn> {
  const outputs: FirstOutputs = new Map();
  let latents = new Float32Array();
  const engine = await openEngine({
    runtime: recordedRuntime(runtime, outputs),
    pack: withNetworks(pack, networks),
    onDump(name, _, data) {
      if (name === `latents.${LATENT_STEPS}`) latents = Float32Array.from(data);
    },
  });
  try {
    await engine.generate(request, { loadPhoto });
  } finally {
    await engine.dispose();
  }
  return { outputs, latents };
}
