import { describe, expect, it } from 'vitest';
import { type Box } from '../../shared/request.ts';
import { HANDLES } from './box-geometry.ts';
import { cropInRatio, cropOrNull, moveCrop, resizeCrop, WHOLE_PHOTO } from './crop-geometry.ts';

/** A photo twice as wide as high: a square takes half as much of its width as of its height. */
const SQUARE = 0.5;

const ratioOf = ([x0, y0, x1, y1]: Box): number => (x1 - x0) / (y1 - y0);
const isInside = (box: Box): boolean => box.every((edge) => edge >= 0 && edge <= 1);

describe('cropping', () => {
  it('to a square takes the largest one from the middle', () => {
    expect(cropInRatio(WHOLE_PHOTO, SQUARE)).toEqual([0.25, 0, 0.75, 1]);
    expect(cropInRatio([0, 0, 1, 0.5], SQUARE)).toEqual([0.375, 0, 0.625, 0.5]);
  });

  it.each(HANDLES)('keeps the ratio and the photo’s edges when %s is dragged far out', (handle) => {
    const box = resizeCrop(
      [0.4, 0.3, 0.6, 0.7],
      handle,
      handle.includes('w') ? -2 : 2,
      handle.startsWith('n') ? -2 : 2,
      SQUARE,
    );
    expect(ratioOf(box)).toBeCloseTo(SQUARE, 9);
    expect(isInside(box)).toBe(true);
  });

  it.each(HANDLES)('keeps a smallest size when %s is dragged far in', (handle) => {
    const box = resizeCrop(
      [0.4, 0.3, 0.6, 0.7],
      handle,
      handle.includes('w') ? 2 : -2,
      handle.startsWith('n') ? 2 : -2,
      SQUARE,
    );
    expect(ratioOf(box)).toBeCloseTo(SQUARE, 9);
    expect(box[2] - box[0]).toBeGreaterThan(0);
  });

  it('holds the opposite corner', () => {
    const box = resizeCrop([0.2, 0.2, 0.4, 0.6], 'se', 0.1, 0, SQUARE);
    expect(box.slice(0, 2)).toEqual([0.2, 0.2]);
    expect(box[2]).toBeCloseTo(0.5);
    expect(box[3]).toBeCloseTo(0.8);
  });

  it('goes free without a ratio', () => {
    expect(resizeCrop([0.2, 0.2, 0.5, 0.5], 'e', 0.25, 0.9, null)).toEqual([0.2, 0.2, 0.75, 0.5]);
  });

  it('moves inside the photo only', () => {
    expect(moveCrop([0.5, 0.5, 0.75, 1], 5, -5)).toEqual([0.75, 0, 1, 0.5]);
  });

  it('of everything is none', () => {
    expect(cropOrNull([0, 0.001, 1, 1])).toBeNull();
    expect(cropOrNull([0, 0.1, 1, 1])).toEqual([0, 0.1, 1, 1]);
  });
});
