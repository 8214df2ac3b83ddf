import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RgbaImage } from '../../images/rgba-image.ts';
import { AbortError } from '../../shared/errors.ts';
import type { GenerationRequest } from '../../shared/request.ts';
import { relativeError } from '../graph/test-support-node.ts';
import { createNodeRuntime } from '../runtime/node-runtime.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { encodeSafetensors, type SafetensorsInput } from '../../weights/safetensors.ts';
import { type Engine, openEngine } from './engine.ts';
import { readRelationWord, type RelationWord, withWordPlace } from './experiments.ts';
import { randomLora, randomLoraTensors, testPack, tinyRequest } from './test-pack-node.ts';

/** A photo that is different for every name. */
function photo(name: string): RgbaImage {
  const data = new Uint8ClampedArray(8 * 8 * 4).fill(255);
  for (let index = 0; index < name.length; index += 1) {
    data.fill(name.charCodeAt(index), index * 16, index * 16 + 3);
  }
  return { width: 8, height: 8, data };
}

const pack = await testPack();
let engine: Engine;
let runtime: Runtime;
/** Names of the graphs that were loaded, in order. */
let loaded: string[];
let dumps: Map<string, Float32Array>;
let photosRead: string[];

beforeEach(async () => {
  loaded = [];
  photosRead = [];
  dumps = new Map();
  const node = createNodeRuntime({ threads: 1 });
  runtime = {
    report: node.report,
    readsFiles: node.readsFiles,
    createSession: (model, readShard) => {
      loaded.push(model.name);
      return node.createSession(model, readShard);
    },
    upload: (tensors) => node.upload(tensors),
    dispose: () => node.dispose(),
  };
  engine = await openEngine({
    runtime,
    pack,
    onDump: (name, _, data) => dumps.set(name, data),
  });
});

afterEach(async () => {
  await engine.dispose();
  await runtime.dispose();
});

const loadPhoto = (image: string): Promise<RgbaImage> => {
  photosRead.push(image);
  return Promise.resolve(photo(image));
};

/** Runs a request and gives the latents after its last step. */
async function latentsOf(request: GenerationRequest): Promise<Float32Array> {
  await engine.generate(request, { loadPhoto });
  return dumps.get(`latents.${request.steps}`) ?? new Float32Array();
}

describe('a generation', () => {
  it('gives an opaque picture of the asked size, the same for the same request', async () => {
    const first = await engine.generate(tinyRequest({ width: 96, height: 64 }), { loadPhoto });
    expect([first.width, first.height, first.pixels.length]).toEqual([96, 64, 4 * 96 * 64]);
    expect(first.pixels.filter((_, index) => index % 4 === 3).every((alpha) => alpha === 255)).toBe(true);
    expect(new Set(first.pixels).size).toBeGreaterThan(20);
    const again = await engine.generate(tinyRequest({ width: 96, height: 64 }), { loadPhoto });
    expect(again.pixels).toEqual(first.pixels);
    expect(first.timings.total).toBeGreaterThanOrEqual(first.timings.drawing);
    expect(first.device.provider).toBe('cpu');
  });

  it('tells its stages in order and shows a preview after every step', async () => {
    const stages: string[] = [];
    const previews: string[] = [];
    await engine.generate(tinyRequest(), {
      loadPhoto,
      onProgress: (progress) =>
        stages.push(
          progress.stage === 'drawing' ? `drawing ${progress.step}/${progress.steps}` : progress.stage,
        ),
      onPreview: ({ step, width, height, pixels }) =>
        previews.push(`${step} ${width}x${height} ${pixels.length}`),
    });
    expect(stages).toEqual([
      'photos',
      'words',
      'drawing 0/4',
      'drawing 1/4',
      'drawing 2/4',
      'drawing 3/4',
      'drawing 4/4',
      'developing',
    ]);
    expect(previews).toEqual([1, 2, 3, 4].map((step) => `${step} 8x8 256`));
  });

  it('depends on seed, prompt, photo, box, identity and local tokens', async () => {
    const base = await latentsOf(tinyRequest());
    const [bear, rabbit] = tinyRequest().objects;
    if (bear === undefined || rabbit === undefined) throw new Error('the request has two objects');
    const changes: Partial<GenerationRequest>[] = [
      { seed: 2 },
      { prompt: 'a bear is fighting a rabbit' },
      { negativePrompt: 'dull' },
      { objects: [{ ...bear, image: 'dog' }, rabbit] },
      { objects: [{ ...bear, phrase: 'dog' }, rabbit] },
      { objects: [{ ...bear, box: [0, 0, 0.5, 0.5] }, rabbit] },
      { objects: [{ ...bear, weight: 0.5 }, rabbit] },
      { identityScale: 0.3 },
      { localTokens: false },
      { guidance: 5 },
    ];
    for (const change of changes) {
      const error = relativeError(await latentsOf(tinyRequest(change)), base);
      expect(error, JSON.stringify(change)).toBeGreaterThan(1e-4);
    }
  });

  it('without objects equals one whose identity strength is 0', async () => {
    const without = await latentsOf(tinyRequest({ objects: [] }));
    const silent = await latentsOf(tinyRequest({ identityScale: 0 }));
    expect(relativeError(silent, without)).toBeLessThan(1e-6);
  });

  it('takes one to four objects', async () => {
    const object = tinyRequest().objects[0];
    if (object === undefined) throw new Error('the request has objects');
    const results = [];
    for (const count of [1, 4]) {
      const objects = Array.from({ length: count }, (_, index) => ({ ...object, image: `photo ${index}` }));
      results.push(await latentsOf(tinyRequest({ objects })));
    }
    expect(results[0]).not.toEqual(results[1]);
  });

  it('starts from given noise instead of the seed', async () => {
    const initialNoise = new Float32Array(4 * 8 * 8).map((_, index) => Math.sin(index));
    await engine.generate(tinyRequest({ seed: 1 }), { loadPhoto, initialNoise });
    const first = dumps.get('latents.4');
    await engine.generate(tinyRequest({ seed: 2 }), { loadPhoto, initialNoise });
    expect(dumps.get('latents.4')).toEqual(first);
    const wrong = engine.generate(tinyRequest(), { loadPhoto, initialNoise: new Float32Array(3) });
    await expect(wrong).rejects.toMatchObject({ code: 'bad-request' });
  });

  it('says which words did not fit', async () => {
    const words = Array.from({ length: 40 }, () => 'bear').join(' ');
    const { cutTexts } = await engine.generate(tinyRequest({ prompt: words }), { loadPhoto });
    expect(cutTexts).toHaveLength(1);
    expect(cutTexts[0]).toMatchObject({ field: 'prompt', index: 0 });
    expect(cutTexts[0]?.text).toMatch(/^bear( bear)*$/);
  });
});

describe('guidance', () => {
  it('off asks for no unconditional row', async () => {
    await latentsOf(tinyRequest({ guidance: 1 }));
    expect(loaded.filter((name) => name.startsWith('unet'))).toEqual(['unet-1x8x8']);
  });

  it('in an interval draws the same as guidance everywhere, as long as it is on', async () => {
    await latentsOf(tinyRequest());
    const everywhere = [dumps.get('latents.1'), dumps.get('latents.2'), dumps.get('latents.4')];
    await latentsOf(tinyRequest({ guidanceInterval: [0, 0.5] }));
    expect(loaded.filter((name) => name.startsWith('unet'))).toEqual(['unet-2x8x8', 'unet-1x8x8']);
    const half = [dumps.get('latents.1'), dumps.get('latents.2'), dumps.get('latents.4')];
    expect(relativeError(half[0] ?? [], everywhere[0] ?? [1])).toBeLessThan(2e-5);
    expect(relativeError(half[1] ?? [], everywhere[1] ?? [1])).toBeLessThan(2e-5);
    expect(relativeError(half[2] ?? [], everywhere[2] ?? [1])).toBeGreaterThan(1e-3);
  });
});

describe('what is remembered', () => {
  it('keeps photos, words and sessions when only the seed, boxes, sampler or LoRA change', async () => {
    await latentsOf(tinyRequest());
    const sessions = [...loaded];
    expect(photosRead).toEqual(['bear', 'rabbit']);
    await engine.installLora('hug', randomLora(1));
    await latentsOf(tinyRequest({ seed: 9 }));
    await latentsOf(tinyRequest({ sampler: 'dpmpp-2m-karras', steps: 3, identityScale: 0.2 }));
    await latentsOf(
      tinyRequest({
        objects: tinyRequest().objects.map((object) => ({ ...object, box: [0, 0, 1, 1] as const })),
      }),
    );
    await latentsOf(tinyRequest({ relation: [{ lora: 'hug', weight: 0.5 }] }));
    expect(photosRead).toEqual(['bear', 'rabbit']);
    expect(loaded.slice(sessions.length)).toEqual(['cross-attention-lora-2']);
  });

  it('keeps at most the budget loaded', async () => {
    const small = await openEngine({
      runtime,
      pack,
      maxResidentBytes: 0,
    });
    await small.generate(tinyRequest(), { loadPhoto });
    const first = loaded.length;
    await small.generate(tinyRequest({ seed: 2 }), { loadPhoto });
    // Only the U-Net and the decoder run again; each had to make room for the other.
    expect(loaded.slice(first)).toEqual(['unet-2x8x8', 'vae-decoder-whole-8x8']);
    await small.dispose();
  });
});

describe('RelationLoRA', () => {
  it('of weight 0 changes nothing, and two halves of one make the whole', async () => {
    await engine.installLora('hug', randomLora(1));
    const base = await latentsOf(tinyRequest());
    const none = await latentsOf(tinyRequest({ relation: [{ lora: 'hug', weight: 0 }] }));
    expect(none).toEqual(base);
    const whole = await latentsOf(tinyRequest({ relation: [{ lora: 'hug', weight: 1 }] }));
    expect(relativeError(whole, base)).toBeGreaterThan(1e-3);
    const half = { lora: 'hug', weight: 0.5 };
    expect(relativeError(await latentsOf(tinyRequest({ relation: [half, half] })), whole)).toBeLessThan(2e-5);
  });

  it('on more than cross-attention has a step graph of its own, which only a LoRA set of that kind loads', async () => {
    await engine.installLora('hug', randomLora(1));
    expect(await engine.installLora('style', randomLora(2, 'linear'))).toMatchObject({
      rank: 2,
      ignoredKeys: 0,
    });
    const before = await latentsOf(tinyRequest());
    const hug = { lora: 'hug', weight: 1 };
    const withHug = await latentsOf(tinyRequest({ relation: [hug] }));
    expect(loaded.filter((name) => name.startsWith('unet'))).toEqual(['unet-2x8x8']);

    const styled: Float32Array[] = [];
    for (const weight of [0.5, 0.25]) {
      styled.push(await latentsOf(tinyRequest({ relation: [hug, { lora: 'style', weight }] })));
    }
    expect(loaded.filter((name) => name.startsWith('unet'))).toEqual(['unet-2x8x8', 'unet-2x8x8-adapted']);
    expect(relativeError(styled[0] ?? [], withHug)).toBeGreaterThan(1e-3);
    expect(relativeError(styled[1] ?? [], styled[0] ?? [])).toBeGreaterThan(1e-3);

    const loadedSoFar = [...loaded];
    expect(await latentsOf(tinyRequest())).toEqual(before);
    expect(await latentsOf(tinyRequest({ relation: [hug, { lora: 'style', weight: 0 }] }))).toEqual(withHug);
    expect(loaded).toEqual(loadedSoFar);
  });

  it('on no cross-attention at all acts too', async () => {
    const tensors = [...randomLoraTensors(2, 'linear')];
    const feedForward = new Map(tensors.filter(([name]) => name.includes('.ff.')));
    await engine.installLora('style', encodeSafetensors(feedForward));
    const base = await latentsOf(tinyRequest());
    const styled = await latentsOf(tinyRequest({ relation: [{ lora: 'style', weight: 1 }] }));
    expect(relativeError(styled, base)).toBeGreaterThan(1e-3);
    expect(loaded.filter((name) => name.startsWith('cross-attention-lora'))).toEqual([]);
  });

  it('of another model, or with words of its own alone, is refused', async () => {
    const one = (name: string, shape: readonly [number, number]): [string, SafetensorsInput] => [
      name,
      { shape, data: new Float32Array(shape[0] * shape[1]).fill(1) },
    ];
    const layer = 'unet.mid_block.attentions.0.proj_in';
    const wide = encodeSafetensors(
      new Map([one(`${layer}.lora_A.weight`, [1, 1280]), one(`${layer}.lora_B.weight`, [1280, 1])]),
    );
    await expect(engine.installLora('x', wide)).rejects.toThrow(/another model.*should map 96 to 96/);
    const text = encodeSafetensors(new Map([one('text_encoder.x.lora_A.weight', [1, 4])]));
    await expect(engine.installLora('x', text)).rejects.toThrow(/no layer of the U-Net or the text encoders/);
  });

  it('installed again under its name is the new file', async () => {
    const request = tinyRequest({ relation: [{ lora: 'hug', weight: 1 }] });
    await engine.installLora('hug', randomLora(1));
    const first = await latentsOf(request);
    const summary = await engine.installLora('hug', randomLora(2));
    expect(summary).toEqual({ rank: 2, layers: 44, ignoredKeys: 0 });
    expect(await latentsOf(request)).not.toEqual(first);
  });

  it('that nobody installed is named with those that are there', async () => {
    const request = tinyRequest({ relation: [{ lora: 'hug', weight: 1 }] });
    await expect(engine.generate(request, { loadPhoto })).rejects.toMatchObject({ code: 'bad-lora' });
  });
});

describe('a request that cannot run', () => {
  it('is refused before anything is read', async () => {
    const other = engine.generate(tinyRequest({ pack: 'sdxl' }), { loadPhoto });
    await expect(other).rejects.toMatchObject({ code: 'bad-request' });
    const odd = engine.generate(tinyRequest({ width: 72 }), { loadPhoto });
    await expect(odd).rejects.toThrow(/multiples of 32/);
    expect(loaded).toEqual([]);
  });

  it('can be cancelled between steps, and the next one runs', async () => {
    const controller = new AbortController();
    const steps: number[] = [];
    const cancelled = engine.generate(tinyRequest({ steps: 20 }), {
      loadPhoto,
      signal: controller.signal,
      onPreview: ({ step }) => {
        steps.push(step);
        if (step === 2) controller.abort();
      },
    });
    await expect(cancelled).rejects.toBeInstanceOf(AbortError);
    expect(steps).toEqual([1, 2]);
    expect((await latentsOf(tinyRequest())).length).toBe(256);
  });
});

describe('a learned word', () => {
  const [narrow, wide] = [new Float32Array(16), new Float32Array(32)];

  it('stands in front of the prompt it belongs to, and not of others', async () => {
    const request = tinyRequest({ steps: 1 });
    const contexts = async (words: ReadonlyMap<string, RelationWord>): Promise<readonly Float32Array[]> => {
      const found: Float32Array[] = [];
      const one = await openEngine({
        runtime,
        pack,
        onDump: (name, _, data) => (name === 'context' ? found.push(data) : undefined),
        experiments: { wordOf: (prompt) => words.get(prompt) },
      });
      await one.generate(request, { loadPhoto });
      await one.dispose();
      return found;
    };
    const word = { embeddings: [narrow.fill(0.5), wide.fill(0.5)] } as const;
    const plain = await contexts(new Map());
    const other = await contexts(new Map([['another prompt', word]]));
    const own = await contexts(new Map([[request.prompt, word]]));
    expect(other).toEqual(plain);
    expect(relativeError(own[0] ?? narrow, plain[0] ?? narrow)).toBeGreaterThan(0.01);
    expect(own[1]).toEqual(plain[1]);
  });

  it('takes a place in the text, and a full text keeps its end', () => {
    const rest = { tokenCount: 0, capacity: 75, words: [], cut: '' };
    const short = [9, 1, 2, 3, ...Array.from({ length: 73 }, () => 7)];
    const moved = withWordPlace({ ids: short, eos: 3, ...rest });
    expect([moved.ids.slice(0, 6), moved.eos, moved.ids.length]).toEqual([[9, 0, 1, 2, 3, 7], 4, 77]);
    const full = [9, ...Array.from({ length: 75 }, (_, index) => index), 99];
    const cut = withWordPlace({ ids: full, eos: 76, ...rest });
    expect([cut.ids.length, cut.ids[1], cut.ids[75], cut.ids[76], cut.eos]).toEqual([77, 0, 73, 99, 76]);
  });

  it('is read from its file; another file is refused', async () => {
    const vector = { shape: [2], data: new Float32Array(2) };
    const both = new Map([
      ['text_encoder', vector],
      ['text_encoder_2', vector],
    ]);
    const { embeddings } = await readRelationWord(encodeSafetensors(both), 'word');
    expect(embeddings.map(({ length }) => length)).toEqual([2, 2]);
    const other = encodeSafetensors(new Map([['unet.weight', vector]]));
    await expect(readRelationWord(other, 'word')).rejects.toMatchObject({ code: 'bad-lora' });
  });
});

describe('the local grid', () => {
  it('decides how many local tokens an object has', async () => {
    const lengths: (number | undefined)[] = [];
    for (const localGrid of [2, 4] as const) {
      const local = new Map<string, number>();
      const one = await openEngine({
        runtime,
        pack,
        onDump: (name, shape) => local.set(name, shape[0] ?? 0),
        experiments: { localGrid },
      });
      await one.generate(tinyRequest({ steps: 1 }), { loadPhoto });
      await one.dispose();
      lengths.push(local.get('image_encoder.local'));
    }
    expect(lengths).toEqual([4, 16]);
  });
});

describe('local tokens of the first photo for every object, as in the published code', () => {
  it('change the second object only', async () => {
    const tokens: Float32Array[] = [];
    const collect = (name: string, _: readonly number[], data: Float32Array): void => {
      if (name === 'resampler.objectTokens') tokens.push(data);
    };
    for (const localTokensOf of ['own', 'first'] as const) {
      const one = await openEngine({ runtime, pack, onDump: collect, experiments: { localTokensOf } });
      await one.generate(tinyRequest({ steps: 1 }), { loadPhoto });
      await one.dispose();
    }
    const [first, second, sameFirst, otherSecond] = tokens;
    if (first === undefined || second === undefined || otherSecond === undefined) {
      throw new Error('Expected the tokens of two objects, twice.');
    }
    expect(sameFirst).toEqual(first);
    // Random weights let 16 of 33 tokens move the mean little; the same tokens would differ by nothing.
    expect(relativeError(otherSecond, second)).toBeGreaterThan(1e-4);
  });
});
