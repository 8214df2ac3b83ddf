import { describe, expect, it } from 'vitest';
import type { Box } from '../../shared/request.ts';
import { boxCells, IMAGE_TOKENS, imageMaskInputs } from './masks.ts';

const square = (side: number) => ({ height: side, width: side });

describe('box masks', () => {
  it.each<[Box, number, [number, number, number, number], number]>([
    [[0.25, 0.25, 0.75, 0.75], 64, [16, 16, 48, 48], 1024],
    [[0.25, 0.25, 0.75, 0.75], 32, [8, 8, 24, 24], 256],
    [[0, 0.2, 0.55, 0.85], 64, [0, 12, 36, 55], 1548],
    [[0, 0.2, 0.55, 0.85], 32, [0, 6, 18, 28], 396],
    [[0.55, 0.26, 0.95, 0.9], 64, [35, 16, 61, 58], 1092],
    [[0.55, 0.26, 0.95, 0.9], 32, [17, 8, 31, 29], 294],
  ])('cover the cells of MS-Diffusion: box %j at %i', (box, side, [x0, y0, x1, y1], ones) => {
    expect(boxCells(box, square(side))).toEqual({ x0, y0, x1, y1 });
    const gain = imageMaskInputs([{ box, weight: 1 }], 0.6, [square(side)])['imageGain.0'];
    expect(gain?.shape).toEqual([1, side * side, 1]);
    expect(Array.from(gain?.data ?? [], Number).filter((value) => value > 0)).toHaveLength(ones);
  });

  it('do not grow by rounding of the product', () => {
    expect(boxCells([0.15, 0, 0.55, 1], square(20))).toEqual({ x0: 3, y0: 0, x1: 11, y1: 20 });
  });

  it('count width and height apart', () => {
    expect(boxCells([0.5, 0.5, 1, 1], { height: 4, width: 8 })).toEqual({ x0: 4, y0: 2, x1: 8, y1: 4 });
  });

  it('open the tokens of exactly the objects that cover a position', () => {
    const inputs = imageMaskInputs(
      [
        { box: [0, 0, 0.5, 0.5], weight: 1 },
        { box: [0, 0, 1, 0.5], weight: 0.5 },
      ],
      0.7,
      [square(2)],
    );
    const open = (position: number): number[] =>
      Array.from(inputs['imageBias.0']?.data ?? [], Number)
        .slice(position * IMAGE_TOKENS, (position + 1) * IMAGE_TOKENS)
        .flatMap((bias, token) => (bias === 0 ? [token] : []));
    const tokens = (from: number, to: number): number[] =>
      Array.from({ length: to - from }, (_, index) => from + index);
    expect([0, 1, 2, 3].map(open)).toEqual([tokens(0, 32), tokens(16, 32), [], []]);
    expect(Array.from(inputs['imageGain.0']?.data ?? [], Number)).toEqual([
      Math.fround(0.7),
      Math.fround(0.7),
      0,
      0,
    ]);
    const weights = Array.from(inputs['objectWeight']?.data ?? [], Number);
    expect([weights[0], weights[15], weights[16], weights[32], weights[63]]).toEqual([1, 1, 0.5, 0, 0]);
  });

  it('let no object through when there is none', () => {
    const inputs = imageMaskInputs([], 1, [square(2)]);
    expect(Array.from(inputs['imageGain.0']?.data ?? [], Number)).toEqual([0, 0, 0, 0]);
    expect(new Set(Array.from(inputs['objectWeight']?.data ?? [], Number))).toEqual(new Set([0]));
  });
});
