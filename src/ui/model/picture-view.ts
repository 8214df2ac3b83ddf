export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where a picture lies in a viewport. */
export interface PictureView {
  /** CSS pixels per pixel of the picture. */
  readonly scale: number;
  /** From the viewport's centre to the picture's, CSS pixels. */
  readonly x: number;
  readonly y: number;
}

/** What a person asked for: the whole picture whatever the window's size, or a place of their own. */
export type WantedView = { readonly kind: 'fit' } | { readonly kind: 'free'; readonly view: PictureView };

/** Nearest look, CSS pixels per pixel: single pixels are then plain to see. */
const MOST_SCALE = 16;
/** Farthest look, as a part of the picture at its own size or fitted, whichever is smaller. */
const LEAST_SHARE = 0.5;
/** One press of a zoom button or key. */
export const ZOOM_STEP = 1.25;

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** The largest scale at which the whole picture is seen. */
export function fitScale(picture: Size, viewport: Size): number {
  const scale = Math.min(viewport.width / picture.width, viewport.height / picture.height);
  return scale > 0 ? scale : 1;
}

/** The view inside its limits: a picture wider than the viewport covers it, a smaller one stays in the middle. */
export function limitView(view: PictureView, picture: Size, viewport: Size): PictureView {
  const least = LEAST_SHARE * Math.min(1, fitScale(picture, viewport));
  const scale = clamp(view.scale, least, Math.max(MOST_SCALE, fitScale(picture, viewport)));
  const spareX = Math.max(0, (picture.width * scale - viewport.width) / 2);
  const spareY = Math.max(0, (picture.height * scale - viewport.height) / 2);
  return { scale, x: clamp(view.x, -spareX, spareX), y: clamp(view.y, -spareY, spareY) };
}

/** What is seen: the wish inside its limits. */
export function resolveView(wanted: WantedView, picture: Size, viewport: Size): PictureView {
  return wanted.kind === 'fit'
    ? { scale: fitScale(picture, viewport), x: 0, y: 0 }
    : limitView(wanted.view, picture, viewport);
}

/** The view at another scale; what lies under the point (from the viewport's centre) stays there. */
export function zoomView(view: PictureView, scale: number, point: Point): PictureView {
  const factor = scale / view.scale;
  return { scale, x: point.x - (point.x - view.x) * factor, y: point.y - (point.y - view.y) * factor };
}

/** The part of the viewport's width that the picture covers, CSS pixels from the viewport's left edge. */
export function visibleSpan(
  view: PictureView,
  picture: Size,
  viewport: Size,
): { readonly from: number; readonly to: number } {
  const left = viewport.width / 2 + view.x - (picture.width * view.scale) / 2;
  return { from: Math.max(0, left), to: Math.min(viewport.width, left + picture.width * view.scale) };
}
