import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parsePreprocessor, preprocessPhoto } from './preprocess.ts';
import { resizeBicubic } from './resize.ts';
import { flatten, rgbaImage, type RgbaImage } from './rgba-image.ts';

const picture = z
  .object({ width: z.number(), height: z.number(), rgb: z.string() })
  .transform(({ width, height, rgb }): RgbaImage => {
    const bytes = Buffer.from(rgb, 'hex');
    const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, index) =>
      index % 4 === 3 ? 255 : (bytes[Math.floor(index / 4) * 3 + (index % 4)] ?? 0),
    );
    return rgbaImage(width, height, data);
  });
const goldenSchema = z.object({
  resize: z.array(z.object({ source: picture, target: picture })).min(1),
  preprocess: z.object({ source: picture, size: z.number(), pixels: z.array(z.number()) }),
});
const goldenFile = new URL('../../tests/golden/data/images.json', import.meta.url);
const golden = goldenSchema.parse(JSON.parse(readFileSync(goldenFile, 'utf8')));

describe('resizing', () => {
  it.each(golden.resize)('equals Pillow in every bit (case %#)', ({ source, target }) => {
    expect(resizeBicubic(source, target.width, target.height)).toEqual(target);
  });

  it('leaves a picture of the right size alone', () => {
    const [first] = golden.resize;
    if (first === undefined) throw new Error('Expected a golden picture.');
    expect(resizeBicubic(first.source, first.source.width, first.source.height)).toBe(first.source);
  });
});

describe('preparing a photo', () => {
  const { source, size, pixels } = golden.preprocess;

  it('equals CLIP’s image processor after the squash to 512²', () => {
    const prepared = preprocessPhoto(source, parsePreprocessor({ size: { shortest_edge: size } }));
    expect(prepared).toHaveLength(3 * size * size);
    const error = Math.max(
      ...pixels.map((value, index) => Math.abs(value - (prepared[index] ?? Number.NaN))),
    );
    expect(error).toBeLessThan(1e-6);
  });

  it('shows the background where the photo is transparent', () => {
    const faint = rgbaImage(1, 1, Uint8ClampedArray.of(200, 100, 0, 51));
    expect([...flatten(faint).data]).toEqual([40, 20, 0, 255]);
    expect([...flatten(faint, [255, 255, 255]).data]).toEqual([244, 224, 204, 255]);
    expect(flatten(source)).toEqual(source);
  });

  it('refuses processors that do something else', () => {
    expect(parsePreprocessor({}).size).toBe(224);
    expect(parsePreprocessor({ size: { height: 128, width: 128 }, crop_size: 128 }).size).toBe(128);
    expect(() => parsePreprocessor({ size: 224, crop_size: 336 })).toThrow('crop_size');
    expect(() => parsePreprocessor({ resample: 2 })).toThrow('preprocessor_config.json');
  });

  it('puts cut-out photos on the ground that the model knows', () => {
    const gone = rgbaImage(2, 2, new Uint8ClampedArray(16));
    const redOf = (config: unknown) => preprocessPhoto(gone, parsePreprocessor(config), 2)[0];
    const plain = { image_mean: [0, 0, 0], image_std: [1, 1, 1] };
    expect(redOf(plain)).toBe(0);
    expect(redOf({ ...plain, photo_ground: [255, 255, 255] })).toBeCloseTo(1);
  });

  it('refuses pixel data of another size', () => {
    expect(() => rgbaImage(2, 2, new Uint8ClampedArray(15))).toThrow('has 16 values, got 15');
  });
});
