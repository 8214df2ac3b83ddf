import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../shared/random.ts';
import type { LoraDelta } from '../../weights/lora.ts';
import type { StoredComponent } from '../../weights/types.ts';
import { randomComponent, relativeError } from '../graph/test-support-node.ts';
import { createNodeRuntime } from '../runtime/node-runtime.ts';
import { hostTensor, type HostTensor, type Session, type Tensor } from '../runtime/runtime.ts';
import { buildCrossAttentionKv } from './cross-attention-kv.ts';
import { attentionResolutions } from './cross-attention-layout.ts';
import { buildCrossAttentionLora } from './cross-attention-lora.ts';
import {
  crossAttentionLoraGroups,
  keyValueLoraGroups,
  linearLoraGroups,
  type LoraGroup,
} from './lora-groups.ts';
import { packLoraInputs, type WeightedLora } from './lora-inputs.ts';
import { IMAGE_TOKENS, imageMaskInputs, TOKENS_PER_OBJECT, type MaskedObject } from './masks.ts';
import { tinyUnetConfig } from './test-configs.ts';
import { buildUnet } from './unet.ts';
import { parseUnetConfig } from './unet-config.ts';
import { crossAttentionParameters, unetParameters } from './unet-parameters.ts';

const config = parseUnetConfig(tinyUnetConfig);
const HEIGHT = 8;
const WIDTH = 16;
const resolutions = attentionResolutions(config, HEIGHT, WIDTH);
const runtime = createNodeRuntime({ threads: 1 });
afterAll(() => runtime.dispose());

function noise(seed: number, shape: readonly number[], amplitude = 1): HostTensor {
  const random = createRandom(seed);
  const count = shape.reduce((product, size) => product * size, 1);
  const data = Float32Array.from({ length: count }, () => random.uniform(-amplitude, amplitude));
  return hostTensor('float32', shape, data);
}

interface Weights {
  readonly component: StoredComponent;
  readonly readShard: (shard: string) => Promise<Uint8Array>;
}
const unetWeights = randomComponent(unetParameters(config), 1);
const kvWeights = randomComponent(crossAttentionParameters(config), 2);

interface Sessions {
  readonly unet: Session;
  readonly kv: Session;
  readonly lora: Session;
  /** Inputs of the step graph for layers other than cross-attention's. */
  readonly linear: readonly LoraGroup[];
}
interface OpenOptions {
  readonly maxScoreBytes?: number;
  readonly linearLoraRank?: number;
}
async function open(batch: 1 | 2, unet: Weights, kv: Weights, some: OpenOptions = {}): Promise<Sessions> {
  const { maxScoreBytes = 1 << 27, linearLoraRank = 0 } = some;
  const options = {
    batch,
    linearLoraRank,
    latentHeight: HEIGHT,
    latentWidth: WIDTH,
    attention: { fused: false, maxScoreBytes },
  };
  return {
    unet: await runtime.createSession(buildUnet(config, unet.component, options), unet.readShard),
    kv: await runtime.createSession(buildCrossAttentionKv(config, kv.component, { batch }), kv.readShard),
    lora: await runtime.createSession(buildCrossAttentionLora(config, { batch }), unet.readShard),
    linear: linearLoraRank === 0 ? [] : linearLoraGroups(config),
  };
}

interface Scene {
  readonly objects?: readonly MaskedObject[];
  readonly tokens?: HostTensor;
  readonly loras?: readonly WeightedLora[];
  readonly identityScale?: number;
}
const objectTokens = noise(3, [1, IMAGE_TOKENS, config.contextWidth]);
const twoObjects: readonly MaskedObject[] = [
  { box: [0, 0, 0.5, 0.75], weight: 1 },
  { box: [0.5, 0.25, 1, 1], weight: 0.5 },
];

/** The rows of a batch, unconditional first; a batch of one takes the conditional row. */
function rows(seed: number, batch: 1 | 2, shape: readonly number[], amplitude = 1): HostTensor {
  const both = noise(seed, [2, ...shape], amplitude);
  const size = both.data.length / 2;
  return hostTensor('float32', [batch, ...shape], both.data.slice((2 - batch) * size));
}

async function step(sessions: Sessions, batch: 1 | 2, scene: Scene): Promise<readonly number[]> {
  const { objects = [], tokens = objectTokens, loras = [], identityScale = 0.6 } = scene;
  const context = rows(4, batch, [77, config.contextWidth]);
  const base = await sessions.kv.run({ context, objectTokens: tokens });
  const named = (name: string): Tensor => {
    const value = base[name];
    if (value === undefined) throw new Error(`Expected ${name}.`);
    return value;
  };
  const text = await sessions.lora.run({
    context,
    baseTextK: named('textK'),
    baseTextV: named('textV'),
    ...packLoraInputs(keyValueLoraGroups(config), loras),
  });
  const { output } = await sessions.unet.run({
    sample: rows(5, batch, [config.inChannels, HEIGHT, WIDTH]),
    timestep: hostTensor('float32', [1], Float32Array.of(741)),
    pooled: rows(6, batch, [config.pooledWidth]),
    timeIds: rows(7, batch, [6], 1024),
    ...text,
    imageK: named('imageK'),
    imageV: named('imageV'),
    ...imageMaskInputs(objects, identityScale, resolutions),
    ...packLoraInputs(crossAttentionLoraGroups(config), loras),
    ...packLoraInputs(sessions.linear, loras),
  });
  if (output?.location !== 'host') throw new Error('Expected the output in host memory.');
  return Array.from(output.data, Number);
}

/** The tokens of one object replaced by others. */
function withOtherTokens(object: number): HostTensor {
  const data = Float32Array.from(objectTokens.data, Number);
  const size = TOKENS_PER_OBJECT * config.contextWidth;
  data.set(Float32Array.from(noise(8, [size]).data, Number), object * size);
  return hostTensor('float32', objectTokens.shape, data);
}

const crossAttention = [...keyValueLoraGroups(config), ...crossAttentionLoraGroups(config)];
const everywhere = [...crossAttention, ...linearLoraGroups(config)];

function randomLora(seed: number, rank: number, groups: readonly LoraGroup[]): readonly LoraDelta[] {
  return groups.flatMap(({ inWidth, outWidth, paths }, group) =>
    paths.map((path, layer): LoraDelta => {
      const draw = (salt: number, shape: readonly number[]): Float32Array =>
        Float32Array.from(noise(seed + 1000 * group + 10 * layer + salt, shape, 0.3).data, Number);
      return {
        path,
        rank,
        down: draw(0, [rank, inWidth]),
        up: draw(1, [outWidth, rank]),
        alpha: 2 * rank,
      };
    }),
  );
}

/** W + weight · (alpha / r) · up · down, written into a copy of the checkpoint. */
async function merged(weights: Weights, loras: readonly WeightedLora[]): Promise<Weights> {
  const [shard] = [...weights.component.tensors.values()].map((tensor) => tensor.data.shard);
  const bytes = (await weights.readShard(shard ?? '')).slice();
  for (const { deltas, weight } of loras) {
    for (const { path, rank, down, up, alpha } of deltas) {
      const tensor = weights.component.tensors.get(`${path}.weight`);
      if (tensor === undefined) continue;
      const [outWidth = 0, inWidth = 0] = tensor.shape;
      const matrix = new Float32Array(bytes.buffer, tensor.data.byteOffset, outWidth * inWidth);
      for (let o = 0; o < outWidth; o += 1) {
        for (let i = 0; i < inWidth; i += 1) {
          let sum = 0;
          for (let r = 0; r < rank; r += 1) sum += (up[o * rank + r] ?? 0) * (down[r * inWidth + i] ?? 0);
          matrix[o * inWidth + i] = (matrix[o * inWidth + i] ?? 0) + ((weight * alpha) / rank) * sum;
        }
      }
    }
  }
  return { component: weights.component, readShard: () => Promise.resolve(bytes) };
}

describe('a U-Net step', () => {
  let guided: Sessions;
  let text: readonly number[];
  let full: readonly number[];
  beforeAll(async () => {
    guided = await open(2, unetWeights, kvWeights);
    text = await step(guided, 2, {});
    full = await step(guided, 2, { objects: twoObjects });
  });
  const half = (values: readonly number[], row: 0 | 1): readonly number[] =>
    values.slice((row * values.length) / 2, ((row + 1) * values.length) / 2);

  it('draws the objects in the conditional row only', () => {
    expect(half(full, 0)).toEqual(half(text, 0));
    expect(relativeError(half(full, 1), half(text, 1))).toBeGreaterThan(1e-2);
  });

  it('is the text’s alone when there is no object or no strength', async () => {
    expect(await step(guided, 2, { tokens: withOtherTokens(0) })).toEqual(text);
    expect(await step(guided, 2, { objects: twoObjects, identityScale: 0 })).toEqual(text);
  });

  it('hears every present object and no absent one', async () => {
    for (const object of [0, 1]) {
      const other = await step(guided, 2, { objects: twoObjects, tokens: withOtherTokens(object) });
      expect(relativeError(other, full)).toBeGreaterThan(1e-3);
    }
    expect(await step(guided, 2, { objects: twoObjects, tokens: withOtherTokens(2) })).toEqual(full);
  });

  it('depends on γ and on each object’s weight', async () => {
    const weaker = await step(guided, 2, { objects: twoObjects, identityScale: 0.5 });
    expect(relativeError(weaker, full)).toBeGreaterThan(1e-3);
    const equal = twoObjects.map((object) => ({ ...object, weight: 1 }));
    expect(relativeError(await step(guided, 2, { objects: equal }), full)).toBeGreaterThan(1e-3);
  });

  it('takes the order of objects without effect', async () => {
    const size = TOKENS_PER_OBJECT * config.contextWidth;
    const all = objectTokens.data;
    const swapped = Float32Array.from(
      [...all.slice(size, 2 * size), ...all.slice(0, size), ...all.slice(2 * size)],
      Number,
    );
    const result = await step(guided, 2, {
      objects: twoObjects.toReversed(),
      tokens: hostTensor('float32', objectTokens.shape, swapped),
    });
    expect(relativeError(result, full)).toBeLessThan(1e-5);
  });

  it('gives the conditional row alone when guidance is off', async () => {
    const single = await open(1, unetWeights, kvWeights);
    const result = await step(single, 1, { objects: twoObjects });
    expect(relativeError(result, half(full, 1))).toBeLessThan(1e-5);
  });

  it('does not depend on how queries are chunked', async () => {
    const chunked = await open(2, unetWeights, kvWeights, { maxScoreBytes: 4096 });
    expect(relativeError(await step(chunked, 2, { objects: twoObjects }), full)).toBeLessThan(1e-5);
  });

  it.each([
    ['cross-attention', crossAttention, 0],
    ['every linear layer', everywhere, 16],
  ] as const)(
    'adapts %s by LoRA inputs as by merged weights, two LoRAs of different rank and weight stacked',
    async (_, groups, linearLoraRank) => {
      const loras: readonly WeightedLora[] = [
        { deltas: randomLora(1000, 4, groups), weight: 0.75 },
        { deltas: randomLora(500_000, 2, groups), weight: -0.5 },
      ];
      const adaptable = await open(2, unetWeights, kvWeights, { linearLoraRank });
      const adapted = await step(adaptable, 2, { objects: twoObjects, loras });
      expect(relativeError(adapted, full)).toBeGreaterThan(1e-2);
      const sessions = await open(2, await merged(unetWeights, loras), await merged(kvWeights, loras));
      const expected = await step(sessions, 2, { objects: twoObjects });
      expect(relativeError(adapted, expected)).toBeLessThan(2e-5);
    },
  );

  it('hears a LoRA on a layer of every kind', async () => {
    const adaptable = await open(2, unetWeights, kvWeights, { linearLoraRank: 16 });
    for (const group of linearLoraGroups(config)) {
      const [path = ''] = group.paths;
      const loras = [{ deltas: randomLora(1000, 4, [{ ...group, paths: [path] }]), weight: 1 }];
      const changed = await step(adaptable, 2, { objects: twoObjects, loras });
      expect(relativeError(changed, full), path).toBeGreaterThan(1e-4);
    }
  });

  it('refuses a latent size it cannot halve', () => {
    const build = () =>
      buildUnet(config, unetWeights.component, { batch: 1, latentHeight: 10, latentWidth: 16 });
    expect(build).toThrow(/multiples of 4, got 16 × 10/);
  });
});
