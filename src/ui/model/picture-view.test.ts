import { describe, expect, it } from 'vitest';
import { fitScale, limitView, resolveView, visibleSpan, zoomView, type PictureView } from './picture-view.ts';

const PICTURE = { width: 400, height: 200 };
const VIEWPORT = { width: 800, height: 600 };

describe('the view of a picture', () => {
  it('shows the whole picture when fitted, enlarged or made smaller', () => {
    expect(fitScale(PICTURE, VIEWPORT)).toBe(2);
    expect(fitScale({ width: 1600, height: 100 }, VIEWPORT)).toBe(0.5);
    expect(resolveView({ kind: 'fit' }, PICTURE, VIEWPORT)).toEqual({ scale: 2, x: 0, y: 0 });
  });

  it('keeps what lies under the pointer when it zooms', () => {
    const before: PictureView = { scale: 2, x: 30, y: -10 };
    const point = { x: 120, y: 80 };
    const after = zoomView(before, 5, point);
    const under = (view: PictureView) => [(point.x - view.x) / view.scale, (point.y - view.y) / view.scale];
    expect(under(after)[0]).toBeCloseTo(under(before)[0] ?? NaN);
    expect(under(after)[1]).toBeCloseTo(under(before)[1] ?? NaN);
  });

  it('never loses the picture: large ones cover the viewport, small ones stay in the middle', () => {
    expect(limitView({ scale: 4, x: 9999, y: -9999 }, PICTURE, VIEWPORT)).toEqual({
      scale: 4,
      x: 400,
      y: -100,
    });
    expect(limitView({ scale: 1, x: 50, y: 50 }, PICTURE, VIEWPORT)).toEqual({ scale: 1, x: 0, y: 0 });
  });

  it('stops at a nearest and a farthest scale', () => {
    expect(limitView({ scale: 1000, x: 0, y: 0 }, PICTURE, VIEWPORT).scale).toBe(16);
    expect(limitView({ scale: 0.001, x: 0, y: 0 }, PICTURE, VIEWPORT).scale).toBe(0.5);
  });

  it('knows which part of the viewport the picture covers', () => {
    expect(visibleSpan({ scale: 1, x: 0, y: 0 }, PICTURE, VIEWPORT)).toEqual({ from: 200, to: 600 });
    expect(visibleSpan({ scale: 4, x: 100, y: 0 }, PICTURE, VIEWPORT)).toEqual({ from: 0, to: 800 });
  });
});
