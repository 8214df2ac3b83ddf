import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { env, LogLevel } from '@huggingface/transformers';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openSegmenter, type Segmenter } from '../../src/gpu/segmentation/segmenter.ts';
import { type RgbaImage } from '../../src/images/rgba-image.ts';
import { chanceOf, tinySegmenter } from '../support/tiny-segmenter.ts';

const folders: string[] = [];
beforeAll(() => {
  env.allowRemoteModels = false;
  env.logLevel = LogLevel.NONE;
});
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function open(files: Readonly<Record<string, Uint8Array>>): Promise<Segmenter> {
  const folder = await mkdtemp(path.join(tmpdir(), 'segmenter-'));
  folders.push(folder);
  await mkdir(path.join(folder, 'onnx'));
  for (const [file, bytes] of Object.entries(files)) await writeFile(path.join(folder, file), bytes);
  return openSegmenter(folder, 'fp32');
}

/** One colour on the left, another one on the right. */
function halves(
  width: number,
  height: number,
  left: readonly [number, number, number],
  right: readonly [number, number, number],
): RgbaImage {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let at = 0; at < width * height; at += 1) {
    data.set([...(at % width < width / 2 ? left : right), 255], at * 4);
  }
  return { width, height, data };
}

describe('a background-removal model', () => {
  it('sees the photo as its own preprocessing says, and answers 0 to 255 at the size of the photo', async () => {
    const segmenter = await open(tinySegmenter());
    // Chances well between 0 and 1, where a wrong mean, scale or order of channels would show.
    const left = [140, 120, 115] as const;
    const right = [90, 100, 116] as const;
    const mask = await segmenter.find(halves(96, 48, left, right));
    await segmenter.dispose();
    expect([mask.width, mask.height, mask.data.length]).toEqual([96, 48, 96 * 48]);
    expect(chanceOf(left)).toBeGreaterThan(0.1);
    expect(chanceOf(left)).toBeLessThan(0.9);
    for (const [x, colour] of [
      [8, left],
      [88, right],
    ] as const) {
      const value = mask.data[24 * 96 + x] ?? -1;
      expect(Math.abs(value - 255 * chanceOf(colour)), `at ${x}`).toBeLessThanOrEqual(1);
    }
  });

  it('takes what is transparent for the ground', async () => {
    const segmenter = await open(tinySegmenter());
    const photo = halves(64, 64, [255, 0, 0], [255, 0, 0]);
    for (let at = 0; at < 64 * 32; at += 1) photo.data[at * 4 + 3] = 0;
    const { data } = await segmenter.find(photo);
    await segmenter.dispose();
    expect(data[8 * 64 + 32]).toBeLessThan(8);
    expect(data[56 * 64 + 32]).toBeGreaterThan(250);
  });

  it('must give one mask', async () => {
    const segmenter = await open(tinySegmenter(2));
    await expect(segmenter.find(halves(64, 64, [255, 0, 0], [0, 0, 0]))).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringContaining('2 channels') as string,
    });
    await segmenter.dispose();
  });

  it('must be one that the runtime can read', async () => {
    const files = { ...tinySegmenter(), 'onnx/model.onnx': new TextEncoder().encode('<html>no</html>') };
    await expect(open(files)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringContaining('install another one') as string,
    });
  });
});
