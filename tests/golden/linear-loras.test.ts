import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diskCheckpoint } from '../../src/cli/node-checkpoint.ts';
import { relativeError } from '../../src/gpu/graph/test-support-node.ts';
import { installPack } from '../../src/gpu/packing/install-pack.ts';
import { planPack } from '../../src/gpu/packing/plan-pack.ts';
import { type EngineOptions, openEngine } from '../../src/gpu/pipeline/engine.ts';
import { loadModel } from '../../src/gpu/pipeline/model.ts';
import { createNodeRuntime } from '../../src/gpu/runtime/node-runtime.ts';
import type { GenerationRequest } from '../../src/shared/request.ts';
import { parseLoraKey } from '../../src/weights/lora-keys.ts';
import { type OpenedPack, openPack } from '../../src/weights/pack-reader.ts';
import { bytesSource } from '../../src/weights/sources.ts';
import { createMemoryStore } from '../../src/weights/stores.ts';
import {
  caseRequest,
  caseTensors,
  FAULT_FACTOR,
  goldenPhoto,
  HALF_TOLERANCE,
  LATENT_TOLERANCE,
  TINY_CHECKPOINT,
} from '../support/golden.ts';
import {
  linearLayers,
  type LinearLayer,
  linearLora,
  type LoraFormat,
  originalNames,
  underscored,
} from '../support/linear-lora.ts';
import { singleFileNames } from '../support/single-file.ts';
import { goldenDescription, LOAD_TIMEOUT, openTinyPack } from '../support/tiny-pack.ts';

/**
 * LoRAs on every linear layer of the golden U-Net and text encoders, used beside an installed pack, against the same files
 * merged into its weights in float32, which merge-loras.test.ts compares with diffusers.
 */

const STEPS = 8;

interface StackedLora {
  readonly format: LoraFormat;
  readonly bytes: Uint8Array;
  readonly weight: number;
}

const runtime = createNodeRuntime({ threads: 1 });
let pack: OpenedPack;
let layers: readonly LinearLayer[];

beforeAll(async () => {
  pack = await openTinyPack();
  layers = linearLayers(await loadModel(pack));
}, LOAD_TIMEOUT);
afterAll(() => runtime.dispose());

/** The golden checkpoint as a pack with the LoRAs in its weights. */
async function mergedPack(loras: readonly StackedLora[]): Promise<OpenedPack> {
  const mergeLoras = loras.map(({ format, bytes, weight }) => ({
    source: bytesSource(format, bytes),
    weight,
  }));
  const plan = await planPack(diskCheckpoint(TINY_CHECKPOINT), { mergeLoras });
  const store = createMemoryStore('merged');
  await installPack(plan, store, { ...goldenDescription, precision: 'fp32', runtime });
  return openPack(store);
}

/**
 * The last latents of the case with two objects, guidance and a RelationLoRA, and with the LoRAs on top; `before` are
 * drawn with first, in the same engine.
 */
async function draw(
  loras: readonly StackedLora[],
  changes: Partial<GenerationRequest> = {},
  options: Partial<EngineOptions> = {},
  before: readonly StackedLora[] = [],
): Promise<Float32Array> {
  let latents = new Float32Array();
  const engine = await openEngine({
    runtime,
    pack,
    ...options,
    onDump(name, _, data) {
      if (name === `latents.${STEPS}`) latents = Float32Array.from(data);
    },
  });
  try {
    for (const used of before.length === 0 ? [loras] : [before, loras]) {
      for (const { format, bytes } of used) {
        expect((await engine.installLora(format, bytes)).ignoredKeys).toBe(0);
      }
      const { relation } = caseRequest('two');
      const stack = [...relation, ...used.map(({ format, weight }) => ({ lora: format, weight }))];
      const initialNoise = (await caseTensors('two')).get('noise').data;
      const request = caseRequest('two', { steps: STEPS, relation: stack, ...changes });
      await engine.generate(request, { loadPhoto: goldenPhoto, initialNoise });
    }
    return latents;
  } finally {
    await engine.dispose();
  }
}

const stack = (...some: readonly (readonly [LoraFormat, number])[]): readonly StackedLora[] =>
  some.map(([format, weight], seed) => ({ format, weight, bytes: linearLora(layers, format, seed + 1) }));

describe('a LoRA on every linear layer of an installed pack', () => {
  it.each<LoraFormat>(['diffusers', 'kohya', 'kohya-original'])(
    'draws what its merged weights draw, and half of it shows: %s',
    async (format) => {
      const whole = stack([format, 0.8]);
      const expected = await draw([], {}, { pack: await mergedPack(whole) });
      expect(relativeError(await draw(whole), expected)).toBeLessThan(LATENT_TOLERANCE);
      const half = await draw(stack([format, 0.4]));
      expect(relativeError(half, expected)).toBeGreaterThan(FAULT_FACTOR * LATENT_TOLERANCE);
    },
    LOAD_TIMEOUT,
  );

  it(
    'reaches both text encoders, and a file that takes the place of another counts there too',
    async () => {
      const whole = stack(['diffusers', 0.8]);
      const expected = await draw(whole);
      for (const encoder of ['text_encoder.', 'text_encoder_2.']) {
        const others = layers.filter(({ path }) => !path.startsWith(encoder));
        const lacking = [
          { format: 'diffusers', bytes: linearLora(others, 'diffusers', 1), weight: 0.8 },
        ] as const;
        const without = await draw(lacking);
        expect(relativeError(without, expected)).toBeGreaterThan(FAULT_FACTOR * LATENT_TOLERANCE);
        expect(await draw(whole, {}, {}, lacking)).toEqual(expected);
      }
    },
    LOAD_TIMEOUT,
  );

  it(
    'stacks with others, and where guidance is on in some of the steps only',
    async () => {
      const both = stack(['diffusers', 0.7], ['kohya', -0.5]);
      const merged = { pack: await mergedPack(both) };
      expect(relativeError(await draw(both), await draw([], {}, merged))).toBeLessThan(LATENT_TOLERANCE);
      const some = { guidanceInterval: [0, 0.5] } as const;
      const expected = await draw([], some, merged);
      expect(relativeError(await draw(both, some), expected)).toBeLessThan(LATENT_TOLERANCE);
      const [first] = both;
      if (first === undefined) throw new Error('two LoRAs were made');
      expect(relativeError(await draw([first], some), expected)).toBeGreaterThan(
        FAULT_FACTOR * LATENT_TOLERANCE,
      );
    },
    LOAD_TIMEOUT,
  );

  it(
    'is exact beside quantized weights, and near in float16',
    async () => {
      const style = stack(['diffusers', 0.8]);
      const quantized = await openTinyPack('q8');
      const decoded = await draw(style, {}, { pack: quantized });
      const coded = await draw(style, {}, { pack: quantized, maxDecodedBytes: 0 });
      expect(relativeError(coded, decoded)).toBeLessThan(LATENT_TOLERANCE);

      const half = { ...runtime, report: { ...runtime.report, float16: true } };
      const error = relativeError(await draw(style, {}, { runtime: half }), await draw(style));
      expect(error).toBeLessThan(HALF_TOLERANCE);
      expect(error).toBeGreaterThan(HALF_TOLERANCE / 1000);
    },
    LOAD_TIMEOUT,
  );
});

describe('the names of SDXL’s linear layers', () => {
  it('are known with dots and underscores, in diffusers’ naming and the original one', () => {
    const known = [...originalNames(singleFileNames().full)];
    const linear = known.filter(([path]) =>
      /(?:to_[qkv]|to_out\.0|net\.0\.proj|net\.2|proj_in|proj_out|time_emb_proj|linear_[12])$/.test(path),
    );
    expect(linear).toHaveLength(70 * 10 + 11 * 2 + 17 + 4);
    for (const [path, original] of linear) {
      const spellings = [
        `unet.${path}`,
        `lora_unet_${underscored(path)}`,
        `lora_unet_${underscored(original)}`,
      ];
      const parsed = spellings.map((spelling) => parseLoraKey(`${spelling}.alpha`));
      expect(parsed).toEqual(spellings.map(() => ({ kind: 'linear', path, part: 'alpha' })));
    }
  });
});
