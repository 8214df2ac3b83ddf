import { describe, expect, it } from 'vitest';
import { paintStroke } from './mask-brush.ts';
import { featherMask } from './mask-feather.ts';
import { floodBorder, floodFill } from './mask-flood.ts';
import { applyMask, fullMask, GONE, KEPT, keptShare, maskFromImage, maskToImage, type Mask } from './mask.ts';
import { rgbaImage, type RgbaImage } from './rgba-image.ts';

/** A picture from rows of letters, each letter a grey level or a colour. */
function picture(
  rows: readonly string[],
  colours: Readonly<Record<string, readonly [number, number, number]>>,
): RgbaImage {
  const width = rows[0]?.length ?? 0;
  const data = rows
    .flatMap((row) => Array.from(row, (letter) => [...(colours[letter] ?? [0, 0, 0]), 255]))
    .flat();
  return rgbaImage(width, rows.length, Uint8ClampedArray.from(data));
}

function drawn({ width, height, data }: Mask): readonly string[] {
  return Array.from({ length: height }, (_, y) =>
    Array.from(data.subarray(y * width, (y + 1) * width), (value) =>
      value === KEPT ? '#' : value === GONE ? '.' : '+',
    ).join(''),
  );
}

const COLOURS = { w: [250, 250, 250], l: [235, 235, 235], r: [200, 30, 30], b: [20, 20, 200] } as const;

describe('flood fill', () => {
  const image = picture(['wwrww', 'wlrlw', 'wwrww'], COLOURS);

  it('takes what hangs together and is like the pressed pixel', () => {
    const mask = fullMask(5, 3);
    floodFill(mask, image, 0, 0, 0.1, GONE);
    expect(drawn(mask)).toEqual(['..###', '..###', '..###']);
  });

  it('is as strict as the tolerance', () => {
    const mask = fullMask(5, 1);
    const steps = picture(['wwlll'], COLOURS);
    floodFill(mask, steps, 0, 0, 0.01, GONE);
    expect(drawn(mask)).toEqual(['..###']);
    floodFill(mask, steps, 0, 0, 0.1, GONE);
    expect(drawn(mask)).toEqual(['.....']);
  });

  it('brings back too', () => {
    const mask = { ...fullMask(5, 3), data: new Uint8ClampedArray(15) };
    floodFill(mask, image, 2, 1, 0.1, KEPT);
    expect(drawn(mask)).toEqual(['..#..', '..#..', '..#..']);
  });
});

describe('removing a plain background', () => {
  it('leaves the object, its inner areas of the same colour, and an object that the border cuts', () => {
    const rows = [
      'wwwwwwwwww',
      'wwrrrrrwww',
      'wwrwwwrwww',
      'wwrrrrrwww',
      'wwwwwwwwww',
      'wwwwwwwwww',
      'wwwwwwwwww',
      'wwwwwwwwww',
      'wwwwwwwwww',
      'wwwwwbwwww',
    ];
    const image = picture(rows, COLOURS);
    const mask = fullMask(10, 10);
    floodBorder(mask, image, 0.1);
    expect(drawn(mask).slice(0, 5)).toEqual([
      '..........',
      '..#####...',
      '..#####...',
      '..#####...',
      '..........',
    ]);
    expect(drawn(mask)[9]).toBe('.....#....');
  });

  it('thins the rim, where the object is mixed with what was behind it', () => {
    const mixed = { ...COLOURS, m: [225, 140, 140] } as const;
    const mask = fullMask(9, 3);
    floodBorder(mask, picture(['wwwwwwwww', 'wwmrrrmww', 'wwwwwwwww'], mixed), 0.1);
    const rim = mask.data[9 + 2] ?? 0;
    expect(mask.data[9 + 4]).toBe(KEPT);
    expect(rim / KEPT).toBeCloseTo(0.5, 1);
  });

  it('follows a backdrop that runs from light to dark', () => {
    const greys = Object.fromEntries(
      Array.from('0123456789', (digit, step) => [
        digit,
        [60 + 20 * step, 60 + 20 * step, 60 + 20 * step] as const,
      ]),
    );
    const rows = Array.from('0123456789', (digit, y) =>
      y > 3 && y < 7 ? `${digit.repeat(4)}rr${digit.repeat(4)}` : digit.repeat(10),
    );
    const mask = fullMask(10, 10);
    floodBorder(mask, picture(rows, { ...greys, r: COLOURS.r }), 0.05);
    expect(drawn(mask)[3]).toBe('..........');
    expect(drawn(mask)[5]).toBe('....##....');
  });
});

describe('brush', () => {
  it('covers the way from point to point with a smooth edge', () => {
    const mask = fullMask(12, 7);
    paintStroke(mask, { x: 3, y: 3.5 }, { x: 9, y: 3.5 }, 1.5, GONE);
    const rows = drawn(mask);
    expect([rows[0], rows[1], rows[5], rows[6]]).toEqual(Array(4).fill('############'));
    expect(rows[2]).toBe(rows[4]);
    expect(rows[3]?.slice(2, 10)).toBe('........');
  });

  it('stays inside the picture', () => {
    const mask = fullMask(4, 4);
    paintStroke(mask, { x: -20, y: -20 }, { x: 40, y: 40 }, 100, GONE);
    expect(keptShare(mask)).toBe(0);
  });
});

describe('feather', () => {
  const half: Mask = {
    width: 60,
    height: 4,
    data: Uint8ClampedArray.from({ length: 240 }, (_, at) => (at % 60 < 30 ? KEPT : GONE)),
  };

  it('softens inwards, and never brings the background back', () => {
    const { data } = featherMask(half, 9);
    const row = [...data.subarray(60, 120)];
    expect(row.slice(30).every((value) => value === GONE)).toBe(true);
    expect(row.slice(0, 15).every((value) => value === KEPT)).toBe(true);
    expect(
      row.slice(15, 30).every((value, index, all) => index === 0 || value <= (all[index - 1] ?? 0)),
    ).toBe(true);
    expect(row[29]).toBeLessThan(60);
  });

  it('of nothing is the mask itself', () => {
    expect(featherMask(half, 0)).toBe(half);
  });
});

it('a mask comes back from its picture as it was', () => {
  const mask: Mask = { width: 2, height: 2, data: Uint8ClampedArray.from([0, 1, 128, 255]) };
  expect(maskFromImage(maskToImage(mask))).toEqual(mask);
});

it('cutting out changes transparency alone', () => {
  const image = picture(['rb'], COLOURS);
  const cut = applyMask(image, { width: 2, height: 1, data: Uint8ClampedArray.from([GONE, KEPT]) });
  expect([...cut.data]).toEqual([200, 30, 30, 0, 20, 20, 200, 255]);
});
