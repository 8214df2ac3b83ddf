import { type CSSProperties, type KeyboardEvent, type ReactNode } from 'react';
import { Lock } from 'lucide-react';
import { type Box } from '../../../shared/request.ts';
import { HANDLES, moveBox, resizeBox, toRectangle, type Rectangle } from '../../model/box-geometry.ts';
import { type EditorObject } from '../../model/editor.ts';
import { endStep, removeObject, select, setBox } from '../../state/edit-actions.ts';
import { ARROWS } from '../arrow-keys.ts';
import { useStrings } from '../../strings/index.ts';

const STEP = 0.01;
const LARGE_STEP = 0.1;

export interface BoxFrameProps {
  readonly object: EditorObject;
  readonly index: number;
  readonly selected: boolean;
  /** Place in the stack, for the order on the screen. */
  readonly level: number;
}

/** A box as a person grabs it: a button that arrow keys move, with eight handles for pointers. */
export function BoxFrame({ object, index, selected, level }: BoxFrameProps): ReactNode {
  const text = useStrings();
  const { x, y, width, height } = percents(object.box);
  return (
    <button
      type="button"
      className="box-frame"
      data-box={object.id}
      data-object={index}
      data-selected={selected}
      data-locked={object.locked}
      style={{ ...placeOf(object.box), zIndex: selected ? 20 : level }}
      aria-label={
        text.canvas.box(index + 1, object.phrase, x, y, width, height) +
        (object.locked ? text.canvas.locked : '')
      }
      aria-describedby="box-help"
      aria-pressed={selected}
      onFocus={() => {
        select(object.id);
      }}
      onKeyDown={(event) => {
        onBoxKey(event, object);
      }}
      onKeyUp={endStep}
    >
      <span className="box-label">
        <span className="badge small">{index + 1}</span> <span className="box-phrase">{object.phrase}</span>
        {object.locked && <Lock className="box-lock" size={12} aria-hidden="true" />}
      </span>
      {selected &&
        !object.locked &&
        HANDLES.map((handle) => <span key={handle} className="handle" data-handle={handle} />)}
    </button>
  );
}

/** Where a part of the picture lies on the sheet. */
export function placeOf(box: Box): CSSProperties {
  return placeOfRectangle(toRectangle(box));
}

export function placeOfRectangle({ x, y, width, height }: Rectangle): CSSProperties {
  return { left: `${x * 100}%`, top: `${y * 100}%`, width: `${width * 100}%`, height: `${height * 100}%` };
}

/** A box in whole percents, for words. */
export function percents(box: Box): Rectangle {
  const { x, y, width, height } = toRectangle(box);
  const whole = (value: number): number => Math.round(value * 100);
  return { x: whole(x), y: whole(y), width: whole(width), height: whole(height) };
}

function onBoxKey(event: KeyboardEvent, { id, box }: EditorObject): void {
  const direction = ARROWS[event.key];
  if (direction !== undefined) {
    event.preventDefault();
    const step = event.shiftKey ? LARGE_STEP : STEP;
    const [dx, dy] = [direction[0] * step, direction[1] * step];
    setBox(id, event.altKey ? resizeBox(box, 'se', dx, dy) : moveBox(box, dx, dy), 'keys');
  } else if (event.key === 'Delete' || event.key === 'Backspace') {
    event.preventDefault();
    removeObject(id);
  }
}
