import { type PointerEvent } from 'react';
import { HANDLES, type Handle } from '../model/box-geometry.ts';
import { type Point } from '../model/picture-view.ts';

function isHandle(value: string | undefined): value is Handle {
  return HANDLES.some((handle) => handle === value);
}

/** The handle that a pointer is on, if any. */
export function handleUnder(event: PointerEvent): Handle | null {
  if (!(event.target instanceof Element)) return null;
  const handle = event.target.closest<HTMLElement>('[data-handle]')?.dataset['handle'];
  return isHandle(handle) ? handle : null;
}

/** Where a pointer is on an element, 0..1 of its width and height; beyond that outside. */
export function pointOn(element: Element, { clientX, clientY }: { clientX: number; clientY: number }): Point {
  const bounds = element.getBoundingClientRect();
  return { x: (clientX - bounds.left) / bounds.width, y: (clientY - bounds.top) / bounds.height };
}
