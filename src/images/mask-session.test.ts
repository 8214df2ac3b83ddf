import { expect, it } from 'vitest';
import { createMaskSession } from './mask-session.ts';
import { rgbaImage } from './rgba-image.ts';

/** A dark square of 10 in the middle of a white picture of 20. */
function photo() {
  const data = Uint8ClampedArray.from({ length: 20 * 20 * 4 }, (_, index) => {
    const [x, y] = [Math.floor(index / 4) % 20, Math.floor(index / 80)];
    return index % 4 === 3 || x < 5 || x >= 15 || y < 5 || y >= 15 ? 255 : 40;
  });
  return rgbaImage(20, 20, data);
}

it('removes a background, brings a part back, and takes both back step by step', () => {
  const session = createMaskSession(photo(), null, 0);
  expect([session.kept(), session.canUndo]).toEqual([1, false]);
  session.removeBackground(0.1);
  expect(session.kept()).toBe(0.25);
  session.stroke([{ x: 1, y: 1 }], 3, true, true);
  session.stroke([{ x: 3, y: 1 }], 3, true, false);
  expect(session.kept()).toBeGreaterThan(0.25);
  session.undo();
  expect(session.kept()).toBe(0.25);
  session.undo();
  expect([session.kept(), session.canUndo, session.canRedo]).toEqual([1, false, true]);
  session.redo();
  expect(session.kept()).toBe(0.25);
  session.fill(10, 10, 0.1, false);
  expect([session.kept(), session.canRedo]).toEqual([0, false]);
});

it('takes a mask that was found elsewhere as one step', () => {
  const session = createMaskSession(photo(), null, 0);
  const found = { width: 2, height: 2, data: Uint8ClampedArray.of(255, 0, 255, 0) };
  session.removeBackground(0.1);
  session.place(found, { x0: 8, y0: 8, x1: 10, y1: 10 });
  expect(session.kept()).toBeCloseTo(2 / 400);
  session.stroke([{ x: 9, y: 9 }], 3, true, true);
  session.undo();
  expect(session.kept()).toBeCloseTo(2 / 400);
  session.undo();
  expect(session.kept()).toBe(0.25);
});

it('goes on from an earlier mask, which it leaves as it was', () => {
  const first = createMaskSession(photo(), null, 0);
  first.removeBackground(0.1);
  const { mask } = first;
  const second = createMaskSession(photo(), mask, 0);
  second.keepAll();
  expect([second.kept(), first.kept()]).toEqual([1, 0.25]);
});

it('shows the photo transparent where it is gone, softer with feather', () => {
  const session = createMaskSession(photo(), null, 0);
  session.removeBackground(0.1);
  const alphaAt = (x: number, y: number) => session.frame().data[(y * 20 + x) * 4 + 3];
  expect([alphaAt(0, 0), alphaAt(5, 10), alphaAt(10, 10)]).toEqual([0, 255, 255]);
  session.setFeather(0.15);
  expect(alphaAt(0, 0)).toBe(0);
  expect(alphaAt(5, 10)).toBeLessThan(128);
  expect(alphaAt(10, 10)).toBe(255);
});

it('shows strokes with a soft edge as if all of the edge were softened anew', () => {
  const side = 60;
  const white = rgbaImage(side, side, new Uint8ClampedArray(side * side * 4).fill(255));
  const feather = 0.15;
  const session = createMaskSession(white, null, feather);
  session.frame();
  session.stroke(
    [
      { x: 12, y: 50 },
      { x: 30, y: 41 },
    ],
    7,
    false,
    true,
  );
  session.frame();
  session.stroke([{ x: 58, y: 3 }], 9, false, true);
  session.stroke([{ x: 40, y: 30 }], 4, false, false);
  const shown = session.frame();
  expect(shown).toEqual(createMaskSession(white, session.mask, feather).frame());
  expect(new Set(shown.data).size).toBeGreaterThan(20);
  session.undo();
  expect(session.frame()).toEqual(createMaskSession(white, session.mask, feather).frame());
});
