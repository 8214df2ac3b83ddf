import { createCanvas, loadImage } from '@napi-rs/canvas';
import { describe, expect, it } from 'vitest';
import { encodeUserComment } from './exif.ts';
import { EXIF_SIGNATURE, readApp1, XMP_SIGNATURE } from './jpeg-segments.ts';
import { embedPictureSettings, extractPictureSettings } from './picture-metadata.ts';
import { requestSchema } from './request.ts';
import { EXIF_CHUNK, readWebpChunk, XMP_CHUNK } from './webp-chunks.ts';
import { renderXmp } from './xmp.ts';

const REQUEST = requestSchema.parse({
  pack: 'toybox',
  prompt: 'A <bear> & a rabbit, "softly" 兔子 🐇',
  objects: [{ image: 'ab'.repeat(32), phrase: 'bear', box: [0, 0.2, 0.55, 0.85] }],
  relation: [{ lora: 'hugging', weight: 0.8 }],
  steps: 30,
  sampler: 'euler',
  guidance: 5,
  identityScale: 0.6,
  seed: 42,
  width: 256,
  height: 320,
});

type Lossy = 'jpeg' | 'webp';

function picture(format: Lossy, width = 33, height = 17): Uint8Array {
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = '#d02040';
  context.fillRect(0, 0, width, height);
  return new Uint8Array(format === 'jpeg' ? canvas.toBuffer('image/jpeg') : canvas.toBuffer('image/webp'));
}

async function pixels(file: Uint8Array): Promise<readonly number[]> {
  const image = await loadImage(Buffer.from(file));
  const context = createCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  return [image.width, image.height, ...context.getImageData(0, 0, image.width, image.height).data];
}

/** The text after the character code of a user comment, which must be the first in the block. */
function commentOf(exif: Uint8Array): string {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  const directory = view.getUint32(18);
  const [count, at] = [view.getUint32(directory + 18), view.getUint32(directory + 22)];
  return new TextDecoder('utf-16be').decode(exif.subarray(at + 8, at + count));
}

describe.each(['jpeg', 'webp'] as const)('settings inside a %s', (format) => {
  it('come back as they were and leave the pixels alone', async () => {
    const file = picture(format);
    const saved = embedPictureSettings(file, REQUEST, 'Toybox');
    expect(extractPictureSettings(saved)).toEqual(REQUEST);
    expect(await pixels(saved)).toEqual(await pixels(file));
  });

  it('are replaced, not piled up', () => {
    const once = embedPictureSettings(picture(format), REQUEST, 'Toybox');
    const twice = embedPictureSettings(once, { ...REQUEST, seed: 43 }, 'Toybox');
    expect(extractPictureSettings(twice)?.seed).toBe(43);
    expect(twice.length).toBe(once.length);
  });

  it('hold the text that image tools read, and the mark of a picture made by a model', () => {
    const saved = embedPictureSettings(picture(format), REQUEST, 'Toybox');
    const exif = format === 'jpeg' ? readApp1(saved, EXIF_SIGNATURE) : readWebpChunk(saved, EXIF_CHUNK);
    expect(commentOf(exif ?? new Uint8Array())).toContain(`${REQUEST.prompt}\nSteps: 30, Sampler: Euler`);
    const xmp = format === 'jpeg' ? readApp1(saved, XMP_SIGNATURE) : readWebpChunk(saved, XMP_CHUNK);
    expect(new TextDecoder().decode(xmp)).toContain(
      'Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"',
    );
  });

  it('are undefined for a picture of another program', () => {
    expect(extractPictureSettings(picture(format))).toBeUndefined();
  });

  it('are refused with a reason when the file is cut off', () => {
    const saved = embedPictureSettings(picture(format), REQUEST, 'Toybox');
    const cut = format === 'jpeg' ? saved.slice(0, 200) : saved.slice(0, saved.length - 20);
    expect(() => extractPictureSettings(cut)).toThrow(/cut off/);
  });
});

it('a lossless WebP keeps its size in the extended header', async () => {
  const canvas = createCanvas(300, 2);
  const lossless = new Uint8Array(canvas.toBuffer('image/webp', 100));
  expect((await pixels(embedPictureSettings(lossless, REQUEST, 'Toybox'))).slice(0, 2)).toEqual([300, 2]);
});

it('a JPEG refuses settings that do not fit a segment and names the way out', () => {
  const long = { ...REQUEST, prompt: 'x'.repeat(40_000) };
  expect(() => embedPictureSettings(picture('jpeg'), long, 'Toybox')).toThrow(/Save the picture as PNG/);
});

it('a user comment is these bytes', () => {
  expect(Buffer.from(encodeUserComment('Aé')).toString('hex')).toBe(
    [
      '4d4d002a00000008', // big-endian TIFF, first directory at 8
      '0001', // one entry
      '87690004000000010000001a', // Exif directory at 26
      '00000000', // no further directory
      '0002', // two entries
      '900000070000000430323332', // version 0232
      '928600070000000c00000038', // user comment, 12 bytes at 56
      '00000000',
      '554e49434f444500', // "UNICODE", zero
      '004100e9',
    ].join(''),
  );
});

it('XMP without settings of its own is the mark alone', () => {
  expect(renderXmp()).not.toContain('rb:settings');
});
