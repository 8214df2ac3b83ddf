import {
  useLayoutEffect,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
} from 'react';
import { type MaskView } from '../../../workers/photo-protocol.ts';
import { type Box } from '../../../shared/request.ts';
import { type Point, type Size } from '../../model/picture-view.ts';
import { useStrings } from '../../strings/index.ts';
import { ARROWS } from '../arrow-keys.ts';
import { pointOn } from '../pointer-place.ts';
import { type CutOut } from './use-cut-out.ts';

export type Brush = 'remove' | 'keep' | 'similar';

const STEP = 0.01;
const LARGE_STEP = 0.1;

export interface CutOutStageProps {
  readonly url: string;
  readonly size: Size;
  /** What the crop leaves is shown alone; places are of the whole photo all the same. */
  readonly crop: Box;
  readonly cutOut: CutOut;
  readonly brush: Brush;
  /** A part of the photo's longest side. */
  readonly radius: number;
  readonly tolerance: number;
}

/** The photo, faint where it is gone, under a round brush. */
export function CutOutStage(props: CutOutStageProps): ReactNode {
  const { url, size, crop, cutOut, brush, radius, tolerance } = props;
  const text = useStrings();
  const plane = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState<Point>({ x: (crop[0] + crop[2]) / 2, y: (crop[1] + crop[3]) / 2 });
  const longest = Math.max(size.width, size.height);

  const apply = (points: readonly Point[], begins: boolean): void => {
    const last = points.at(-1);
    if (last === undefined) return;
    setPlace(last);
    if (brush !== 'similar') {
      cutOut.change({ kind: 'stroke', points, radius, keep: brush === 'keep', begins });
    } else if (begins && isInside(last)) {
      cutOut.change({ kind: 'fill', x: last.x, y: last.y, tolerance, keep: false });
    }
  };
  const pointsOf = (event: PointerEvent<HTMLElement>): readonly Point[] => {
    const element = plane.current;
    if (element === null) return [];
    const events = event.nativeEvent.getCoalescedEvents();
    return (events.length === 0 ? [event.nativeEvent] : events).map((one) => pointOn(element, one));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const arrow = ARROWS[event.key];
    if (arrow !== undefined) {
      const step = event.shiftKey ? LARGE_STEP : STEP;
      setPlace({
        x: Math.min(crop[2], Math.max(crop[0], place.x + arrow[0] * step)),
        y: Math.min(crop[3], Math.max(crop[1], place.y + arrow[1] * step)),
      });
    } else if (event.key === ' ' || event.key === 'Enter') {
      apply([place], true);
    } else {
      return;
    }
    event.preventDefault();
  };
  const [cropWidth, cropHeight] = [crop[2] - crop[0], crop[3] - crop[1]];
  const aspect: CSSProperties = { '--aspect': (cropWidth * size.width) / (cropHeight * size.height) };
  return (
    <div className="tool-room">
      <div
        className="tool-stage cut-out"
        style={aspect}
        role="application"
        aria-label={text.photoTools.stage}
        aria-describedby="cut-out-help"
        aria-busy={cutOut.view === null}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          if (event.button !== 0 || plane.current === null) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          apply([pointOn(plane.current, event)], true);
        }}
        onPointerMove={(event) => {
          const points = pointsOf(event);
          if (event.currentTarget.hasPointerCapture(event.pointerId)) apply(points, false);
          else setPlace(points.at(-1) ?? place);
        }}
      >
        <div
          ref={plane}
          className="cut-plane"
          style={{
            left: `${(-crop[0] / cropWidth) * 100}%`,
            top: `${(-crop[1] / cropHeight) * 100}%`,
            width: `${100 / cropWidth}%`,
            height: `${100 / cropHeight}%`,
          }}
        >
          <img className="tool-photo cut-gone" src={url} alt="" draggable={false} />
          {cutOut.view === null ? (
            <p className="tool-wait">{text.photoTools.opening}</p>
          ) : (
            <Frame view={cutOut.view} />
          )}
          <span
            className="brush-ring"
            data-brush={brush}
            style={{
              left: `${place.x * 100}%`,
              top: `${place.y * 100}%`,
              width: `${((2 * radius * longest) / size.width) * 100}%`,
              height: `${((2 * radius * longest) / size.height) * 100}%`,
            }}
          />
        </div>
        <p id="cut-out-help" className="visually-hidden">
          {text.photoTools.cutOutHelp}
        </p>
      </div>
    </div>
  );
}

function isInside({ x, y }: Point): boolean {
  return x >= 0 && x <= 1 && y >= 0 && y <= 1;
}

/** What is left of the photo. */
function Frame({ view }: { readonly view: MaskView }): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  // Before the next view comes, which closes this one's frame.
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    context?.clearRect(0, 0, view.width, view.height);
    context?.drawImage(view.frame, 0, 0);
  }, [view]);
  return (
    <canvas ref={canvas} className="tool-photo" width={view.width} height={view.height} aria-hidden="true" />
  );
}
