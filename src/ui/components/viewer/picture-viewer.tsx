import { useEffect, useRef, useState, type CSSProperties, type KeyboardEvent, type ReactNode } from 'react';
import {
  limitView,
  resolveView,
  visibleSpan,
  ZOOM_STEP,
  zoomView,
  type PictureView,
  type Point,
  type Size,
  type WantedView,
} from '../../model/picture-view.ts';
import { type Picture } from '../../state/app-state.ts';
import { useApp } from '../../state/use-app.ts';
import {
  closeViewer,
  comparedPicture,
  previousOf,
  stepPicture,
  toggleCompare,
} from '../../state/viewer-actions.ts';
import { useStrings } from '../../strings/index.ts';
import { CompareDivider } from './compare-divider.tsx';
import { useSize } from './use-size.ts';
import { pointFromCentre, useViewGestures } from './use-view-gestures.ts';
import { ViewerBar } from './viewer-bar.tsx';

const CENTRE: Point = { x: 0, y: 0 };
const PAN_PIXELS = 48;
/** From here on single pixels are shown as squares, CSS pixels per picture pixel. */
const SQUARE_PIXELS_SCALE = 6;

/** One finished picture to look at closely: zoom, move, and compare with an earlier one. */
export function PictureViewer({ picture }: { readonly picture: Picture }): ReactNode {
  const text = useStrings();
  const other = useApp(comparedPicture);
  const comparable = useApp(({ pictures }) => previousOf(pictures, picture) !== null);
  const viewport = useRef<HTMLDivElement>(null);
  const room = useSize(viewport);
  const [wanted, setWanted] = useState<WantedView>({ kind: 'fit' });
  const [share, setShare] = useState(0.5);
  useFocusWhileOpen(viewport);

  const { width, height } = picture.request;
  const size: Size = { width, height };
  const view = room === null ? null : resolveView(wanted, size, room);
  const change = (step: (view: PictureView) => PictureView): void => {
    if (room === null) return;
    setWanted((before) => ({
      kind: 'free',
      view: limitView(step(resolveView(before, size, room)), size, room),
    }));
  };
  const zoomTo = (scale: number, point: Point = CENTRE): void => {
    change((before) => zoomView(before, scale, point));
  };
  const zoomBy = (factor: number): void => {
    change((before) => zoomView(before, before.scale * factor, CENTRE));
  };
  const fit = (): void => {
    setWanted({ kind: 'fit' });
  };
  /** 100 % is one pixel of the picture on one pixel of the screen. */
  const actualScale = 1 / devicePixelRatio;
  const gestures = useViewGestures(viewport, change);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const pan = PANS[event.key];
    if (pan !== undefined) change((before) => ({ ...before, x: before.x + pan.x, y: before.y + pan.y }));
    else if (event.key === '+' || event.key === '=') zoomBy(ZOOM_STEP);
    else if (event.key === '-') zoomBy(1 / ZOOM_STEP);
    else if (event.key === '0') fit();
    else if (event.key === '1') zoomTo(actualScale);
    else if (event.key === 'c') toggleCompare();
    else if (event.key === 'PageDown') stepPicture(1);
    else if (event.key === 'PageUp') stepPicture(-1);
    else if (event.key === 'Escape') closeViewer();
    else return;
    event.preventDefault();
  };

  const span = view === null || room === null ? null : visibleSpan(view, size, room);
  return (
    <section className="viewer" aria-label={text.viewer.name} onKeyDown={onKeyDown}>
      <p id="viewer-help" className="visually-hidden">
        {text.viewer.help}
      </p>
      <div
        ref={viewport}
        className="viewport"
        role="group"
        aria-label={text.viewer.viewport}
        aria-describedby="viewer-help"
        tabIndex={0}
        onDoubleClick={(event) => {
          if (wanted.kind === 'fit') zoomTo(actualScale * 2, pointFromCentre(event.currentTarget, event));
          else fit();
        }}
        {...gestures}
      >
        {view !== null && (
          <img
            className="viewed"
            src={picture.url}
            alt={text.canvas.result}
            draggable={false}
            style={placeView(view, size)}
          />
        )}
        {other !== null && view !== null && span !== null && room !== null && (
          <>
            <img
              className="viewed"
              src={other.url}
              alt={text.viewer.earlier}
              draggable={false}
              style={{ ...placeView(view, size), clipPath: leftPart(view, size, room, span, share) }}
            />
            <span className="compare-label" style={{ left: span.from + 8 }}>
              {text.viewer.seed(other.request.seed)}
            </span>
            <span className="compare-label" style={{ right: room.width - span.to + 8 }}>
              {text.viewer.seed(picture.request.seed)}
            </span>
            <CompareDivider share={share} span={span} onShare={setShare} />
          </>
        )}
      </div>
      <ViewerBar
        zoom={view === null ? null : view.scale * devicePixelRatio}
        fitted={wanted.kind === 'fit'}
        comparing={other !== null}
        comparable={comparable}
        onZoomIn={() => {
          zoomBy(ZOOM_STEP);
        }}
        onZoomOut={() => {
          zoomBy(1 / ZOOM_STEP);
        }}
        onFit={fit}
        onActualSize={() => {
          zoomTo(actualScale);
        }}
      />
    </section>
  );
}

/** Arrow keys move the view over the picture, so the picture goes the other way. */
const PANS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: PAN_PIXELS, y: 0 },
  ArrowRight: { x: -PAN_PIXELS, y: 0 },
  ArrowUp: { x: 0, y: PAN_PIXELS },
  ArrowDown: { x: 0, y: -PAN_PIXELS },
};

function placeView({ scale, x, y }: PictureView, { width, height }: Size): CSSProperties {
  return {
    width,
    height,
    transform: `translate(-50%, -50%) translate(${x}px, ${y}px) scale(${scale})`,
    imageRendering: scale >= SQUARE_PIXELS_SCALE ? 'pixelated' : 'auto',
  };
}

/** Cuts a picture off right of the divider, in the picture's own pixels. */
function leftPart(
  view: PictureView,
  { width }: Size,
  room: Size,
  span: { readonly from: number; readonly to: number },
  share: number,
): string {
  const divider = span.from + share * (span.to - span.from);
  const right = room.width / 2 + view.x + (width * view.scale) / 2;
  return `inset(0 ${Math.max(0, (right - divider) / view.scale)}px 0 0)`;
}

/** Keys work at once in the viewer, and afterwards where they worked before. */
function useFocusWhileOpen(viewport: { readonly current: HTMLElement | null }): void {
  useEffect(() => {
    const before = document.activeElement;
    viewport.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, [viewport]);
}
