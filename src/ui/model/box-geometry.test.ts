import { describe, expect, it } from 'vitest';
import {
  boxBetween,
  fromRectangle,
  guidesOf,
  moveBox,
  overlapOf,
  resizeBox,
  SMALLEST_SIDE,
  snapMove,
  snapResize,
  toRectangle,
} from './box-geometry.ts';

describe('moving a box', () => {
  it('keeps the size and stops at the edge of the picture', () => {
    expect(moveBox([0.1, 0.2, 0.4, 0.6], 0.05, -0.05)).toEqual([0.15, 0.15, 0.45, 0.55]);
    expect(moveBox([0.1, 0.2, 0.4, 0.6], 5, -5)).toEqual([0.7, 0, 1, 0.4]);
  });
});

describe('resizing a box', () => {
  it('moves only the edges of the handle', () => {
    expect(resizeBox([0.2, 0.2, 0.6, 0.6], 'nw', 0.1, 0.05)).toEqual([0.3, 0.25, 0.6, 0.6]);
    expect(resizeBox([0.2, 0.2, 0.6, 0.6], 'e', 0.1, 0.3)).toEqual([0.2, 0.2, 0.7, 0.6]);
    expect(resizeBox([0.2, 0.2, 0.6, 0.6], 's', 0.3, -0.1)).toEqual([0.2, 0.2, 0.6, 0.5]);
  });

  it('never turns a box inside out', () => {
    const [x0, , x1] = resizeBox([0.2, 0.2, 0.6, 0.6], 'w', 0.9, 0);
    expect(x1 - x0).toBeCloseTo(SMALLEST_SIDE, 6);
  });
});

describe('typing a box', () => {
  it('brings a box from outside the picture back in', () => {
    expect(fromRectangle({ x: 0.9, y: -1, width: 0.5, height: 3 })).toEqual([0.5, 0, 1, 1]);
  });

  it('gives back the numbers it was given', () => {
    const rectangle = { x: 0.123, y: 0.2, width: 0.35, height: 0.7 };
    expect(toRectangle(fromRectangle(rectangle))).toEqual(rectangle);
  });
});

it('draws a box between two corners in any order', () => {
  expect(boxBetween(0.8, 0.9, 0.3, 0.4)).toEqual([0.3, 0.4, 0.8, 0.9]);
  expect(boxBetween(0.8, 0.9, 1.4, 1.2)).toEqual([0.8, 0.9, 1, 1]);
});

it('finds where two boxes meet', () => {
  const overlap = overlapOf([0.1, 0.1, 0.5, 0.5], [0.4, 0.3, 0.9, 0.9]);
  expect(overlap?.x).toBeCloseTo(0.4);
  expect(overlap?.width).toBeCloseTo(0.1);
  expect(overlap?.height).toBeCloseTo(0.2);
  expect(overlapOf([0.1, 0.1, 0.5, 0.5], [0.5, 0.1, 0.9, 0.5])).toBeNull();
});

describe('snapping', () => {
  const guides = guidesOf([[0.6, 0.2, 0.9, 0.8]]);

  it('pulls a moved box to the edge of another one', () => {
    const snapped = snapMove([0.29, 0.33, 0.595, 0.66], guides);
    expect(snapped.box[2]).toBeCloseTo(0.6, 6);
    expect(snapped.x).toBe(0.6);
  });

  it('leaves a box alone that is near nothing', () => {
    const snapped = snapMove([0.23, 0.33, 0.43, 0.57], guides);
    expect(snapped).toEqual({ box: [0.23, 0.33, 0.43, 0.57], x: null, y: null });
  });

  it('moves only the resized edge', () => {
    const snapped = snapResize([0.1, 0.1, 0.593, 0.4], 'e', guides);
    expect(snapped.box).toEqual([0.1, 0.1, 0.6, 0.4]);
    expect(snapped.y).toBeNull();
  });
});
