import { useRef, type CSSProperties, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import { Square, SquareDashed } from 'lucide-react';
import { type Box } from '../../../shared/request.ts';
import { HANDLES, type Handle } from '../../model/box-geometry.ts';
import { moveCrop, resizeCrop } from '../../model/crop-geometry.ts';
import { type Point, type Size } from '../../model/picture-view.ts';
import { useStrings } from '../../strings/index.ts';
import { ARROWS } from '../arrow-keys.ts';
import { percents, placeOf } from '../canvas/box-frame.tsx';
import { handleUnder, pointOn } from '../pointer-place.ts';
import { Choice } from './choice.tsx';
import { type Crop } from './use-crop.ts';

const STEP = 0.01;
const LARGE_STEP = 0.1;

export interface CropToolProps {
  readonly url: string;
  readonly size: Size;
  readonly crop: Crop;
}

/** The part of the photo that counts: a frame with eight handles over the whole photo. */
export function CropTool({ url, size, crop }: CropToolProps): ReactNode {
  const text = useStrings();
  const { handlers } = useCropGestures(crop);
  const { x, y, width, height } = percents(crop.box);
  const aspect: CSSProperties = { '--aspect': size.width / size.height };
  const onKeyDown = (event: KeyboardEvent): void => {
    const arrow = ARROWS[event.key];
    if (arrow === undefined) return;
    event.preventDefault();
    const step = event.shiftKey ? LARGE_STEP : STEP;
    const [dx, dy] = [arrow[0] * step, arrow[1] * step];
    crop.change(
      event.altKey ? resizeCrop(crop.box, handleFor(arrow), dx, dy, crop.ratio) : moveCrop(crop.box, dx, dy),
      'keys',
    );
  };
  return (
    <>
      <div className="tool-room">
        <div className="tool-stage" style={aspect} {...handlers}>
          <img className="tool-photo" src={url} alt="" draggable={false} />
          <button
            type="button"
            className="crop-frame"
            style={placeOf(crop.box)}
            aria-label={text.photoTools.frame(x, y, width, height)}
            aria-describedby="crop-help"
            onKeyDown={onKeyDown}
          >
            {HANDLES.map((handle) => (
              <span key={handle} className="handle" data-handle={handle} />
            ))}
          </button>
        </div>
      </div>
      <div className="tool-controls">
        <Choice
          label={text.photoTools.shape}
          value={crop.shape}
          options={[
            ['free', text.photoTools.shapes.free, <SquareDashed key="free" size={16} aria-hidden="true" />],
            ['square', text.photoTools.shapes.square, <Square key="square" size={16} aria-hidden="true" />],
          ]}
          onChange={crop.chooseShape}
        />
        <button type="button" className="button quiet small" onClick={crop.keepAll}>
          {text.photoTools.all}
        </button>
        <p className="muted tool-note">{text.photoTools.cropNote}</p>
        <p id="crop-help" className="visually-hidden">
          {text.photoTools.cropHelp}
        </p>
      </div>
    </>
  );
}

/** Sideways keys move the right edge, the others the lower one. */
function handleFor([dx]: readonly [dx: number, dy: number]): Handle {
  return dx === 0 ? 's' : 'e';
}

interface Grip {
  readonly handle: Handle | null;
  readonly from: Point;
  readonly box: Box;
  readonly step: string;
}

interface CropGestures {
  readonly handlers: {
    readonly onPointerDown: (event: PointerEvent<HTMLElement>) => void;
    readonly onPointerMove: (event: PointerEvent<HTMLElement>) => void;
    readonly onPointerUp: () => void;
    readonly onPointerCancel: () => void;
  };
}

/** A press on a handle resizes the crop, on the frame moves it. */
function useCropGestures(crop: Crop): CropGestures {
  const grip = useRef<Grip | null>(null);
  const release = (): void => {
    grip.current = null;
  };
  return {
    handlers: {
      onPointerDown: (event) => {
        if (event.button !== 0 || !(event.target instanceof Element)) return;
        const frame = event.target.closest<HTMLElement>('.crop-frame');
        if (frame === null) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        frame.focus({ preventScroll: true });
        grip.current = {
          handle: handleUnder(event),
          from: pointOn(event.currentTarget, event),
          box: crop.box,
          step: `drag ${event.timeStamp}`,
        };
      },
      onPointerMove: (event) => {
        const held = grip.current;
        if (held === null) return;
        const at = pointOn(event.currentTarget, event);
        const [dx, dy] = [at.x - held.from.x, at.y - held.from.y];
        const box =
          held.handle === null
            ? moveCrop(held.box, dx, dy)
            : resizeCrop(held.box, held.handle, dx, dy, crop.ratio);
        crop.change(box, held.step);
      },
      onPointerUp: release,
      onPointerCancel: release,
    },
  };
}
