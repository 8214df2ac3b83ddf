import { useRef, useState, type PointerEvent } from 'react';
import { type Point } from '../../model/picture-view.ts';
import { type Box } from '../../../shared/request.ts';
import {
  boxBetween,
  guidesOf,
  moveBox,
  resizeBox,
  SMALLEST_SIDE,
  snapMove,
  snapResize,
  type Handle,
  type Snapped,
} from '../../model/box-geometry.ts';
import { store } from '../../state/app-state.ts';
import { handleUnder, pointOn } from '../pointer-place.ts';
import { addObject, endStep, select, setBox } from '../../state/edit-actions.ts';

type Gesture =
  | {
      readonly kind: 'move';
      readonly id: string;
      readonly from: Point;
      readonly box: Box;
      readonly name: string;
    }
  | {
      readonly kind: 'resize';
      readonly id: string;
      readonly handle: Handle;
      readonly from: Point;
      readonly box: Box;
      readonly name: string;
    }
  | { readonly kind: 'draw'; readonly id: string | null; readonly from: Point };

/** What the sheet draws while a pointer is down. */
export interface GestureView {
  readonly guideX: number | null;
  readonly guideY: number | null;
  /** The box being drawn, before it belongs to anybody. */
  readonly drawn: Box | null;
}

const NOTHING: GestureView = { guideX: null, guideY: null, drawn: null };

export interface BoxGestures {
  readonly view: GestureView;
  readonly handlers: {
    readonly onPointerDown: (event: PointerEvent<HTMLElement>) => void;
    readonly onPointerMove: (event: PointerEvent<HTMLElement>) => void;
    readonly onPointerUp: (event: PointerEvent<HTMLElement>) => void;
    readonly onPointerCancel: (event: PointerEvent<HTMLElement>) => void;
  };
}

function othersOf(id: string): readonly Box[] {
  return store.getState().editor.objects.flatMap((object) => (object.id === id ? [] : [object.box]));
}

/**
 * Mouse, touch and pen on the sheet: a press on a box moves it, on a handle resizes it, on bare paper draws
 * a box for the selected object or for a new one. Alt switches snapping off.
 */
export function useBoxGestures(): BoxGestures {
  const gesture = useRef<Gesture | null>(null);
  const [view, setView] = useState<GestureView>(NOTHING);

  const onPointerDown = (event: PointerEvent<HTMLElement>): void => {
    if (event.button !== 0 || !(event.target instanceof Element)) return;
    const sheet = event.currentTarget;
    const from = pointOn(sheet, event);
    const part = event.target.closest<HTMLElement>('[data-box]');
    const id = part?.dataset['box'];
    const object = store.getState().editor.objects.find((one) => one.id === id);
    sheet.setPointerCapture(event.pointerId);
    const name = String(event.timeStamp);
    if (object === undefined) {
      const { selection, editor } = store.getState();
      const free = editor.objects.some((one) => one.id === selection && !one.locked);
      gesture.current = { kind: 'draw', id: free ? selection : null, from };
      return;
    }
    const handle = handleUnder(event);
    select(object.id);
    part?.focus({ preventScroll: true });
    endStep();
    if (object.locked) return;
    gesture.current =
      handle !== null
        ? { kind: 'resize', id: object.id, handle, from, box: object.box, name }
        : { kind: 'move', id: object.id, from, box: object.box, name };
  };

  const onPointerMove = (event: PointerEvent<HTMLElement>): void => {
    const current = gesture.current;
    if (current === null) return;
    const at = pointOn(event.currentTarget, event);
    const dx = at.x - current.from.x;
    const dy = at.y - current.from.y;
    if (current.kind === 'draw') {
      const drawn = boxBetween(current.from.x, current.from.y, at.x, at.y);
      setView({ ...NOTHING, drawn: isDrawn(current.from, at) ? drawn : null });
      return;
    }
    const free: Box =
      current.kind === 'move' ? moveBox(current.box, dx, dy) : resizeBox(current.box, current.handle, dx, dy);
    const snapped = event.altKey ? { box: free, x: null, y: null } : snap(free, current);
    setView({ guideX: snapped.x, guideY: snapped.y, drawn: null });
    setBox(current.id, snapped.box, current.name);
  };

  const end = (event: PointerEvent<HTMLElement>, keep: boolean): void => {
    const current = gesture.current;
    gesture.current = null;
    setView(NOTHING);
    if (current?.kind === 'draw') {
      const at = pointOn(event.currentTarget, event);
      if (!keep || !isDrawn(current.from, at)) {
        select(null);
        return;
      }
      const drawn = boxBetween(current.from.x, current.from.y, at.x, at.y);
      if (current.id === null) addObject(drawn);
      else setBox(current.id, drawn, 'drawn');
    }
    endStep();
  };

  return {
    view,
    handlers: {
      onPointerDown,
      onPointerMove,
      onPointerUp: (event) => {
        end(event, true);
      },
      onPointerCancel: (event) => {
        end(event, false);
      },
    },
  };
}

function snap(box: Box, gesture: Exclude<Gesture, { kind: 'draw' }>): Snapped {
  const guides = guidesOf(othersOf(gesture.id));
  return gesture.kind === 'move' ? snapMove(box, guides) : snapResize(box, gesture.handle, guides);
}

/** A press that hardly moved is a click on the paper, not a box. */
function isDrawn(from: Point, to: Point): boolean {
  return Math.abs(to.x - from.x) >= SMALLEST_SIDE && Math.abs(to.y - from.y) >= SMALLEST_SIDE;
}
