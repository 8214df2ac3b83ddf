import { useEffect, useRef, type PointerEvent, type RefObject } from 'react';
import { zoomView, type PictureView, type Point } from '../../model/picture-view.ts';

/** Zoom of one wheel notch (100 units) is about 22 %; touchpads send many small ones. */
const WHEEL_RATE = 0.002;
/** Pinching on a touchpad comes as a wheel with Ctrl and small numbers. */
const PINCH_RATE = 0.01;
const LINE_PIXELS = 16;

export interface ViewGestures {
  readonly onPointerDown: (event: PointerEvent<HTMLElement>) => void;
  readonly onPointerMove: (event: PointerEvent<HTMLElement>) => void;
  readonly onPointerUp: (event: PointerEvent<HTMLElement>) => void;
  readonly onPointerCancel: (event: PointerEvent<HTMLElement>) => void;
}

/** A place on the screen, from the middle of an element. */
export function pointFromCentre(element: Element, at: { clientX: number; clientY: number }): Point {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: at.clientX - left - width / 2, y: at.clientY - top - height / 2 };
}

interface Hold {
  readonly centre: Point;
  /** Mean distance of the fingers from their centre; 0 for one. */
  readonly spread: number;
}

function holdOf(points: readonly Point[]): Hold {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const centre = { x: mean(points.map(({ x }) => x)), y: mean(points.map(({ y }) => y)) };
  return { centre, spread: mean(points.map(({ x, y }) => Math.hypot(x - centre.x, y - centre.y))) };
}

/**
 * Dragging moves the view, two fingers and the wheel zoom it. Changes go on from one another: several come
 * between two renders.
 */
export function useViewGestures(
  viewport: RefObject<HTMLElement | null>,
  onChange: (change: (view: PictureView) => PictureView) => void,
): ViewGestures {
  const fingers = useRef(new Map<number, Point>());
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });

  useEffect(() => {
    const element = viewport.current;
    const onWheel = (event: WheelEvent): void => {
      if (element === null) return;
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : LINE_PIXELS;
      const factor = Math.exp(-event.deltaY * lines * (event.ctrlKey ? PINCH_RATE : WHEEL_RATE));
      const point = pointFromCentre(element, event);
      latest.current((view) => zoomView(view, view.scale * factor, point));
    };
    // React listens passively, which cannot keep the page from scrolling.
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => {
      element?.removeEventListener('wheel', onWheel);
    };
  }, [viewport]);

  const release = (event: PointerEvent<HTMLElement>): void => {
    fingers.current.delete(event.pointerId);
  };
  return {
    onPointerDown: (event) => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      fingers.current.set(event.pointerId, pointFromCentre(event.currentTarget, event));
    },
    onPointerMove: (event) => {
      if (!fingers.current.has(event.pointerId)) return;
      const before = holdOf([...fingers.current.values()]);
      fingers.current.set(event.pointerId, pointFromCentre(event.currentTarget, event));
      const after = holdOf([...fingers.current.values()]);
      const factor = before.spread > 0 ? after.spread / before.spread : 1;
      const [dx, dy] = [after.centre.x - before.centre.x, after.centre.y - before.centre.y];
      onChange((view) =>
        zoomView({ ...view, x: view.x + dx, y: view.y + dy }, view.scale * factor, after.centre),
      );
    },
    onPointerUp: release,
    onPointerCancel: release,
  };
}
