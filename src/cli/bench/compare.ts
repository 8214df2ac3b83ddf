import { join } from 'node:path';
import { DEFAULT_ATTENTION } from '../../gpu/graph/attention.ts';
import { GraphBuilder } from '../../gpu/graph/graph.ts';
import * as ops from '../../gpu/graph/ops.ts';
import { buildUnet } from '../../gpu/networks/unet.ts';
import { unetParameters } from '../../gpu/networks/unet-parameters.ts';
import {
  createNodeRuntime,
  createNodeWasmRuntime,
  type NodeRuntimeOptions,
} from '../../gpu/runtime/node-runtime.ts';
import { relativeError } from '../../gpu/runtime/reference-maths.ts';
import {
  type GraphModel,
  hostTensor,
  type Runtime,
  type Session,
  type Tensor,
} from '../../gpu/runtime/runtime.ts';
import { decodeComponent } from '../../weights/decode.ts';
import type { OpenedPack } from '../../weights/pack-reader.ts';
import type { Precision } from '../../weights/pack-manifest.ts';
import type { StoredComponent } from '../../weights/types.ts';
import { interleave, type Timing } from './interleave.ts';
import type { Profile } from './ort-profile.ts';
import { LATENT_STEPS, latentsOf } from './latents-of.ts';
import type { OtherNetwork } from './other-networks.ts';
import { type FloatWeights, plainExport, type PlainExport } from './plain-export.ts';
import { profileGraph } from './profile-graph.ts';
import { requantize, type Requantized } from './requantize.ts';
import { type StepMemory, stepMemory } from './step-memory.ts';
import { openKeyValues, type StepCase } from './step-case.ts';

export type BenchProvider = 'cpu' | 'wasm';

export interface CompareOptions {
  readonly provider: BenchProvider;
  readonly threads: number;
  readonly runs: number;
  /** Where the exported graph and profiles are kept. */
  readonly cache: string;
  /** Interpreter for the export; undefined leaves the exported graph out. */
  readonly python: string | undefined;
  readonly onRun: (done: number) => void;
}

export interface ComparedGraph extends Timing {
  /** Of its prediction against PyTorch's, or against the float32 graph's where there is no export. */
  readonly error: number;
  /** Of the latents after a whole generation, against those of float32 weights; absent where nothing else differs. */
  readonly latentError: number | undefined;
  readonly weightBytes: number;
  /** Of a process that loads and runs nothing else; absent for graphs that need more than one network. */
  readonly memory: StepMemory | undefined;
}

export interface Comparison {
  readonly graphs: readonly ComparedGraph[];
  /** The keys and values of all layers, once. */
  readonly keyValues: Timing;
  /** Steps of the generations whose latents are compared. */
  readonly latentSteps: number;
  /** Floating-point operations a second of a 1024³ MatMul in the same rounds. */
  readonly matmulRate: number;
  readonly profiles: Readonly<Record<string, Profile>>;
  readonly versions: PlainExport['versions'] | undefined;
}

/** The graph that the engine runs where the weights fit. */
export const OURS = 'ours, float32 weights';
const PLAIN = 'plain torch.onnx.export';
const MATMUL_SIDE = 1024;
/** The first run fills the runtime's memory pools. */
const MEMORY_RUNS = 3;

function openRuntime(provider: BenchProvider, options: NodeRuntimeOptions): Promise<Runtime> {
  return provider === 'wasm' ? createNodeWasmRuntime(options) : Promise.resolve(createNodeRuntime(options));
}

/** All of a network's weights as numbers. */
export async function floatWeights(pack: OpenedPack, component: StoredComponent): Promise<FloatWeights> {
  const decoded = decodeComponent(component, (shard) => pack.readShard(shard));
  return { component: decoded.component, bytes: await decoded.readShard() };
}

interface Entry {
  readonly name: string;
  readonly session: Session;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly weightBytes: number;
  readonly memory: StepMemory | undefined;
  /** The same network in a generation, for entries that differ by its weights only. */
  readonly unet?: OtherNetwork | undefined;
}

/** One step of a pack's U-Net as different graphs, in one process, in turn. */
export async function compareSteps(
  pack: OpenedPack,
  unet: StoredComponent,
  crossAttention: StoredComponent,
  step: StepCase,
  options: CompareOptions,
): Promise<Comparison> {
  const runtime = await openRuntime(options.provider, { threads: options.threads });
  const { config, size } = step;
  // A pack of the same name may hold other weights tomorrow.
  const [shard] = pack.manifest.components.unet?.shards ?? [];
  const fingerprint = `${pack.manifest.id}-${shard?.sha256.slice(0, 12) ?? ''}`;
  const numbers = await floatWeights(pack, unet);
  const readNumbers = (): Promise<Uint8Array> => Promise.resolve(numbers.bytes);
  const exported =
    options.python === undefined
      ? undefined
      : await plainExport(step, [numbers, await floatWeights(pack, crossAttention)], {
          folder: join(options.cache, `${fingerprint}-${size.latentHeight}x${size.latentWidth}`),
          python: options.python,
        });
  const keyValueGraph = await openKeyValues(runtime, step, crossAttention, (shard) => pack.readShard(shard));
  const keyValues = await keyValueGraph.run();
  const inputs = { ...step.inputs, ...keyValues, ...step.lora };
  const attention = { ...DEFAULT_ATTENTION, fused: runtime.report.fusedAttention };
  const ours = (component: StoredComponent, changes: { readonly loraRank?: number } = {}): GraphModel =>
    buildUnet(config, component, { batch: 2, ...size, attention, ...changes });

  const entries: Entry[] = [];
  const open = async (
    name: string,
    model: GraphModel,
    feeds: Readonly<Record<string, Tensor>>,
    readShard: (shard: string) => Promise<Uint8Array>,
    weightBytes: number,
    stored?: { readonly memory: StepMemory; readonly unet: OtherNetwork },
  ): Promise<void> => {
    const session = await runtime.createSession(model, readShard);
    entries.push({ name, session, inputs: feeds, weightBytes, memory: stored?.memory, unet: stored?.unet });
  };
  const numberBytes = numbers.bytes.byteLength;
  if (exported !== undefined) {
    await open(PLAIN, exported.model, step.raw, readNumbers, exported.model.bytes.byteLength);
  }
  const { provider, threads } = options;
  const measured = { provider, threads, ...size, batch: 2, memoryPattern: true, runs: MEMORY_RUNS } as const;
  const stored = async (precision: Precision): Promise<Requantized & { readonly memory: StepMemory }> => {
    const folder = join(options.cache, `${fingerprint}-${precision}`);
    const made = await requantize(numbers, unetParameters(config), precision, folder);
    return { ...made, memory: await stepMemory(folder, measured) };
  };
  const { memory } = await stored('fp32');
  const unet32 = { component: numbers.component, readShard: readNumbers };
  await open(OURS, ours(numbers.component), inputs, readNumbers, numberBytes, { memory, unet: unet32 });
  const withoutLora = { ...step.inputs, ...keyValues };
  await open(
    'ours, no LoRA inputs',
    ours(numbers.component, { loraRank: 0 }),
    withoutLora,
    readNumbers,
    numberBytes,
  );
  for (const precision of ['fp16', 'q8', 'q4'] as const) {
    const made = await stored(precision);
    const name = `ours, ${precision} weights`;
    await open(name, ours(made.component), inputs, made.readShard, made.byteLength, {
      memory: made.memory,
      unet: made,
    });
  }
  const rate = await openMatMul(runtime);

  const contenders = [
    ...entries.map(({ name, session, inputs: feeds }) => ({
      name,
      run: () => session.run(feeds),
    })),
    { name: 'keys and values', run: () => keyValueGraph.run() },
    rate,
  ];
  const timings = await interleave(contenders, options.runs, options.onRun);
  const outputs = new Map<string, ArrayLike<number>>();
  for (const { name, session, inputs: feeds } of entries)
    outputs.set(name, await predictionOf(session, feeds));
  const expected = exported?.prediction ?? outputs.get(OURS) ?? [];
  const timing = (name: string): Timing => {
    const found = timings.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`${name} was not timed.`);
    return found;
  };
  const exactLatents = await latentsOf(pack, unet32, runtime);
  const graphs: ComparedGraph[] = [];
  for (const { name, memory: used, weightBytes, unet: other } of entries) {
    graphs.push({
      ...timing(name),
      memory: used,
      weightBytes,
      error: relativeError(outputs.get(name) ?? [], expected),
      latentError:
        other === undefined || other === unet32
          ? undefined
          : relativeError(await latentsOf(pack, other, runtime), exactLatents),
    });
  }
  await runtime.dispose();
  const profiles: Record<string, Profile> = {};
  const profile = (model: GraphModel): Promise<Profile> =>
    profileGraph(model, readNumbers, join(options.cache, 'profile'), options);
  if (exported !== undefined) profiles[PLAIN] = await profile(exported.model);
  profiles[OURS] = await profile(ours(numbers.component));
  return {
    graphs,
    keyValues: timing('keys and values'),
    latentSteps: LATENT_STEPS,
    matmulRate: (2 * MATMUL_SIDE ** 3 * 1000) / timing(rate.name).median,
    profiles,
    versions: exported?.versions,
  };
}

async function predictionOf(
  session: Session,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<ArrayLike<number>> {
  const { output } = await session.run(feeds);
  return output?.location === 'host' ? Array.from(output.data, Number) : [];
}

/** The provider's own rate: one large product whose right side is a weight. */
async function openMatMul(runtime: Runtime): Promise<{ readonly name: string; run(): Promise<unknown> }> {
  const g = new GraphBuilder('matmul');
  const shape = [MATMUL_SIDE, MATMUL_SIDE];
  const bytes = new Float32Array(MATMUL_SIDE ** 2).fill(0.5);
  const weight = g.externalWeight('w', 'float32', shape, {
    shard: 'w',
    byteOffset: 0,
    byteLength: bytes.byteLength,
  });
  g.output(ops.matMul(g, g.input('x', 'float32', shape), weight), 'y');
  const session = await runtime.createSession(g.build(), () => Promise.resolve(new Uint8Array(bytes.buffer)));
  const x = hostTensor('float32', shape, bytes);
  return { name: 'MatMul 1024³', run: () => session.run({ x }) };
}
