import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { randomLora, randomLoraTensors, testStore } from '../gpu/pipeline/test-pack-node.ts';
import { extractSettings } from '../shared/png-metadata.ts';
import { decodeNpy } from '../weights/npy.ts';
import { encodeSafetensors } from '../weights/safetensors.ts';
import { decodeImage, encodePng } from './node-images.ts';

const run = promisify(execFile);
let folder = '';

/** Runs the command in a process of its own, as a person does. */
async function generate(...args: readonly string[]): Promise<{ code: number; text: string }> {
  const command = ['--import', 'tsx', 'src/cli/generate.ts', ...args];
  try {
    const { stderr } = await run(process.execPath, command);
    return { code: 0, text: stderr };
  } catch (error) {
    const failure = z.object({ code: z.number(), stderr: z.string() }).parse(error);
    return { code: failure.code, text: failure.stderr };
  }
}

const request = {
  pack: 'tiny',
  prompt: 'a bear is hugging a rabbit',
  objects: [{ image: 'photos/bear.png', phrase: 'bear', box: [0, 0, 0.5, 1] }],
  relation: [{ lora: 'hug.safetensors', weight: 0.5 }],
  steps: 2,
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'generate-'));
  const store = await testStore();
  const names = [
    'text_encoder',
    'text_encoder_2',
    'image_encoder',
    'resampler',
    'cross_attention',
    'unet',
    'vae',
  ];
  await mkdir(join(folder, 'pack'));
  await mkdir(join(folder, 'photos'));
  for (const name of ['pack.json', 'vocab.json', 'merges.txt', ...names.map((one) => `${one}.bin`)]) {
    await writeFile(join(folder, 'pack', name), await store.readFile(name));
  }
  const data = Uint8ClampedArray.from({ length: 256 }, (_, index) => (index % 4 === 3 ? 255 : index));
  await writeFile(join(folder, 'photos', 'bear.png'), encodePng({ width: 8, height: 8, data }));
  await writeFile(join(folder, 'hug.safetensors'), randomLora(1));
  await writeFile(join(folder, 'request.json'), JSON.stringify(request));
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('npm run generate', () => {
  it('writes the picture with its settings, the latents, the stages and a report', async () => {
    const path = (name: string): string => join(folder, 'out', name);
    const out = path('a.png');
    const latents = path('a.npy');
    const stages = path('stages');
    const report = path('a.json');
    const files = ['--out', out, '--dump-latents', latents, '--dump-stages', stages, '--report', report];
    const first = await generate(join(folder, 'request.json'), '--pack', join(folder, 'pack'), ...files);
    expect(first.text).toContain('drawing');
    expect(first.code).toBe(0);

    const png = new Uint8Array(await readFile(out));
    const picture = await decodeImage(png, 'a.png');
    expect([picture.width, picture.height]).toEqual([64, 64]);
    expect(extractSettings(png)).toMatchObject({
      prompt: request.prompt,
      steps: 2,
      sampler: 'euler',
      guidance: 3,
    });
    expect(decodeNpy(new Uint8Array(await readFile(latents))).shape).toEqual([1, 4, 8, 8]);
    const noise = join(stages, 'initialNoise.npy');
    expect(decodeNpy(new Uint8Array(await readFile(noise))).shape).toEqual([1, 4, 8, 8]);
    const written = z.object({
      timings: z.object({ total: z.number() }),
      peakRssBytes: z.object({
        photos: z.number(),
        words: z.number(),
        drawing: z.number(),
        developing: z.number(),
      }),
    });
    expect(written.parse(JSON.parse(await readFile(report, 'utf8'))).timings.total).toBeGreaterThan(0);

    // The same noise from a file gives the same picture under another seed.
    await writeFile(join(folder, 'other.json'), JSON.stringify({ ...request, seed: 5 }));
    const again = join(folder, 'out', 'b.png');
    const from = ['--initial-latents', noise, '--out', again];
    await generate(join(folder, 'other.json'), '--pack', join(folder, 'pack'), ...from);
    const second = await decodeImage(new Uint8Array(await readFile(again)), 'b.png');
    expect(second.data).toEqual(picture.data);
  });

  it('takes a LoRA on any linear layer with the steps it is made for, and says what of it has no effect', async () => {
    const tensors = randomLoraTensors(2, 'linear');
    const half = { shape: [1, 4], data: new Float32Array(4) };
    const lora = 'toy_lightning_3step_lora.safetensors';
    await writeFile(
      join(folder, lora),
      encodeSafetensors(new Map([...tensors, ['text_encoder.x.lora_A.weight', half]])),
    );
    await writeFile(
      join(folder, 'style.json'),
      JSON.stringify({ ...request, steps: undefined, guidance: 2, relation: [{ lora }] }),
    );
    const out = join(folder, 'out', 'style.png');
    const drawn = await generate(join(folder, 'style.json'), '--pack', join(folder, 'pack'), '--out', out);
    expect(drawn.text).toContain(`${lora}: 1 tensors are of no layer of the U-Net`);
    expect(extractSettings(new Uint8Array(await readFile(out)))).toMatchObject({
      steps: 3,
      sampler: 'euler-trailing',
      guidance: 2,
      relation: [{ lora, weight: 1 }],
    });

    const kernel = { shape: [1, 4, 3, 3], data: new Float32Array(36) };
    await writeFile(
      join(folder, lora),
      encodeSafetensors(new Map([...tensors, ['unet.conv_in.lora_A.weight', kernel]])),
    );
    const refused = await generate(join(folder, 'style.json'), '--pack', join(folder, 'pack'), '--out', out);
    expect(refused.code).not.toBe(0);
    expect(refused.text).toMatch(/changes convolutions .*--merge-lora FILE/);
  });

  it('draws with a model that the request puts together from official files, in the precision asked for', async () => {
    const tiny = resolve('tests/golden/tiny');
    await mkdir(join(folder, 'model'), { recursive: true });
    await copyFile(join(tiny, 'ms_adapter.safetensors'), join(folder, 'model', 'ms_adapter.safetensors'));
    const base = { base: tiny, adapter: 'model', localEncoder: join(tiny, 'image_encoder') };
    await writeFile(
      join(folder, 'official.json'),
      JSON.stringify({ ...request, ...base, pack: undefined, relation: [], width: 64, height: 64 }),
    );
    const out = join(folder, 'out', 'official.png');
    const drawn = await generate(join(folder, 'official.json'), '--precision', 'q8', '--out', out);
    expect(drawn.text).toContain('drawing');
    expect(extractSettings(new Uint8Array(await readFile(out)))).toMatchObject({
      pack: 'checkpoint',
      width: 64,
    });

    await rm(join(folder, 'model', 'ms_adapter.safetensors'));
    const lacking = await generate(join(folder, 'official.json'), '--out', join(folder, 'f.png'));
    expect(lacking.text).toContain('ms_adapter');
    await writeFile(join(folder, 'nameless.json'), JSON.stringify({ prompt: 'a bear' }));
    const nameless = await generate(join(folder, 'nameless.json'), '--out', join(folder, 'f.png'));
    expect(nameless.text).toContain('name a "pack", or the official files');
  });

  it('says what is wrong with a request', async () => {
    await writeFile(
      join(folder, 'bad.json'),
      JSON.stringify({ ...request, objects: [{ ...request.objects[0], image: 'no.png' }] }),
    );
    const missing = await generate(
      join(folder, 'bad.json'),
      '--pack',
      join(folder, 'pack'),
      '--out',
      join(folder, 'c.png'),
    );
    expect(missing.code).toBe(1);
    expect(missing.text).toContain('The photo "no.png" cannot be read');
    const twice = await generate(
      join(folder, 'request.json'),
      '--pack',
      folder,
      '--precision',
      'q8',
      '--out',
      'd.png',
    );
    expect(twice.text).toContain('A pack has its precision already');
    await writeFile(
      join(folder, 'inverted.json'),
      JSON.stringify({ ...request, objects: [{ ...request.objects[0], box: [0.5, 0, 0.2, 1] }] }),
    );
    const pack = ['--pack', join(folder, 'pack'), '--out', join(folder, 'e.png')];
    const inverted = await generate(join(folder, 'inverted.json'), ...pack);
    expect(inverted.text).toContain('objects[0].box: a box is [x0, y0, x1, y1]');
    expect(inverted.text).toContain('got [0.5,0,0.2,1]');
    await expect(readFile(join(folder, 'e.png'))).rejects.toThrow('ENOENT');
    expect((await generate()).text).toContain('Name a request file');
  });
});
