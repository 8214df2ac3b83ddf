import { describe, expect, it } from 'vitest';
import { AppError } from './errors.ts';
import { readImageHeader } from './image-header.ts';

const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
const big = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, index) => (value >>> (8 * (bytes - 1 - index))) & 0xff);
const little = (value: number, bytes: number): number[] => big(value, bytes).reverse();
const read = (bytes: readonly number[]): ReturnType<typeof readImageHeader> =>
  readImageHeader(Uint8Array.from(bytes), 'photo');

describe('format and size from the first bytes', () => {
  it('PNG', () => {
    const png = [
      0x89,
      ...ascii('PNG'),
      13,
      10,
      26,
      10,
      ...big(13, 4),
      ...ascii('IHDR'),
      ...big(30000, 4),
      ...big(20, 4),
    ];
    expect(read(png)).toEqual({ format: 'png', size: { width: 30000, height: 20 } });
  });

  it('JPEG, behind its EXIF segment and a table', () => {
    const exif = [0xff, 0xe1, ...big(6, 2), 1, 2, 3, 4];
    const table = [0xff, 0xc4, ...big(4, 2), 9, 9];
    const frame = [0xff, 0xc0, ...big(17, 2), 8, ...big(480, 2), ...big(640, 2), 3, 0, 0, 0];
    expect(read([0xff, 0xd8, ...exif, ...table, ...frame])).toEqual({
      format: 'jpeg',
      size: { width: 640, height: 480 },
    });
  });

  it('WebP, extended', () => {
    const webp = [...ascii('RIFF'), ...little(99, 4), ...ascii('WEBPVP8X'), ...little(10, 4), 0, 0, 0, 0];
    expect(read([...webp, ...little(799, 3), ...little(599, 3)])).toEqual({
      format: 'webp',
      size: { width: 800, height: 600 },
    });
  });

  it('AVIF', () => {
    const avif = [...big(24, 4), ...ascii('ftypavif'), 0, 0, 0, 0, ...ascii('mif1'), 0, 0, 0, 0];
    const size = [...big(20, 4), ...ascii('ispe'), 0, 0, 0, 0, ...big(320, 4), ...big(200, 4)];
    expect(read([...avif, ...size])).toEqual({ format: 'avif', size: { width: 320, height: 200 } });
  });
});

it.each([
  ['text', ascii('this is a text file, named .png')],
  ['nothing', []],
  ['half a PNG signature', [0x89, ...ascii('PN')]],
])('refuses %s with the name of the file', (_, bytes) => {
  expect(() => read(bytes)).toThrow(AppError);
  expect(() => read(bytes)).toThrow(/photo.*not a picture/);
});
