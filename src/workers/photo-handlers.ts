import type { PixelRect } from '../images/crop.ts';
import { featherMask } from '../images/mask-feather.ts';
import { createMaskSession, type MaskSession } from '../images/mask-session.ts';
import { applyMask, type Mask, maskFromImage, maskToImage } from '../images/mask.ts';
import { type RgbaImage, rgbaImage } from '../images/rgba-image.ts';
import { createBrowserCanvasFactory } from '../scenes/browser-canvas.ts';
import { describeIdentity } from '../scenes/describe.ts';
import { sampleIdentity } from '../scenes/identity.ts';
import { renderPhoto } from '../scenes/photo.ts';
import { AppError } from '../shared/errors.ts';
import { createRandom } from '../shared/random.ts';
import { type Box } from '../shared/request.ts';
import { decodePhoto, inspectPhoto } from './photo-decoder.ts';
import { drawPixels, encodePixels } from './pixel-canvas.ts';
import {
  type CutOutFile,
  MASK_SIDE,
  type MaskChange,
  type MaskView,
  type PhotoCalls,
} from './photo-protocol.ts';
import type { HandlersOf } from './serve-calls.ts';

/** Longest side of a photo as the engine gets it after cropping: four times what the encoders see. */
const RENDERED_SIDE = 2048;
/** Side of a drawn example: the size that the embedded model draws. */
const EXAMPLE_SIDE = 256;
const WHOLE: Box = [0, 0, 1, 1];

interface OpenPhoto {
  readonly width: number;
  readonly height: number;
  readonly session: MaskSession;
}

/** What the photo worker can do. One photo is open for cutting out at a time. */
export function createPhotoHandlers(): HandlersOf<PhotoCalls> {
  let open: OpenPhoto | undefined;

  function opened(): OpenPhoto {
    if (open !== undefined) return open;
    throw new AppError('bad-request', 'No photo is open. Open the cut-out tool again.');
  }

  return {
    async inspect({ file, displaySide }) {
      const facts = await inspectPhoto(file);
      if (Math.max(facts.width, facts.height) <= displaySide) return { ...facts, display: null };
      const small = await decodePhoto(file, { maxSide: displaySide });
      return { ...facts, display: await encodePixels(small, isOpaque(small) ? 'image/jpeg' : 'image/png') };
    },
    async 'open-mask'({ file, cutOut }) {
      const photo = await decodePhoto(file, { maxSide: MASK_SIDE });
      const mask = cutOut === null ? null : await decodeMask(cutOut.mask, photo);
      open = { ...photo, session: createMaskSession(photo, mask, cutOut?.feather ?? 0) };
      return viewOf(open);
    },
    async 'change-mask'({ change }) {
      const photo = opened();
      applyChange(photo, change);
      return Promise.resolve(viewOf(photo));
    },
    'save-mask': async () => ({
      mask: await encodePixels(maskToImage(opened().session.mask), 'image/png'),
    }),
    async 'draw-example'({ seed }) {
      const identity = sampleIdentity(createRandom(seed), 'heldout');
      const { pixels, size } = renderPhoto(createBrowserCanvasFactory(), identity, seed, EXAMPLE_SIDE);
      const file = await encodePixels(rgbaImage(size, size, pixels), 'image/png');
      return { file, ...describeIdentity(identity) };
    },
    async render({ file, crop, cutOut }) {
      const photo = await decodePhoto(file, { maxSide: RENDERED_SIDE, crop });
      const kept = cutOut === null ? photo : applyMask(photo, await renderMask(cutOut, crop, photo));
      return { file: await encodePixels(kept, 'image/png') };
    },
  };
}

function isOpaque({ data }: RgbaImage): boolean {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return false;
  return true;
}

/** A stored mask at the photo's size: photos are opened at the same size each time, so mostly as it is. */
async function decodeMask(mask: Blob, { width, height }: RgbaImage): Promise<Mask> {
  return maskFromImage(await decodePhoto(mask, { exactly: { width, height } }));
}

/** The softened part of a mask that a crop leaves, at the size of the cropped photo. */
async function renderMask(cutOut: CutOutFile, crop: Box | null, { width, height }: RgbaImage): Promise<Mask> {
  const whole = maskFromImage(await decodePhoto(cutOut.mask, { maxSide: MASK_SIDE }));
  const soft = featherMask(whole, cutOut.feather * Math.max(whole.width, whole.height));
  const file = await encodePixels(maskToImage(soft), 'image/png');
  return maskFromImage(await decodePhoto(file, { crop, exactly: { width, height } }));
}

function applyChange({ width, height, session }: OpenPhoto, change: MaskChange): void {
  const side = Math.max(width, height);
  const pixel = (place: number, size: number): number => Math.min(size - 1, Math.floor(place * size));
  switch (change.kind) {
    case 'stroke': {
      const points = change.points.map(({ x, y }) => ({ x: x * width, y: y * height }));
      session.stroke(points, change.radius * side, change.keep, change.begins);
      return;
    }
    case 'fill':
      session.fill(pixel(change.x, width), pixel(change.y, height), change.tolerance, change.keep);
      return;
    case 'background':
      session.removeBackground(change.tolerance);
      return;
    case 'keep-all':
      session.keepAll();
      return;
    case 'object':
      session.place(change.found, pixelRectOf(change.crop ?? WHOLE, width, height));
      return;
    case 'feather':
      session.setFeather(change.feather);
      return;
    case 'undo':
      session.undo();
      return;
    case 'redo':
      session.redo();
      return;
  }
}

/** The pixels of a part of a photo: at least one. */
function pixelRectOf([x0, y0, x1, y1]: Box, width: number, height: number): PixelRect {
  const left = Math.min(width - 1, Math.round(x0 * width));
  const top = Math.min(height - 1, Math.round(y0 * height));
  return {
    x0: left,
    y0: top,
    x1: Math.max(left + 1, Math.round(x1 * width)),
    y1: Math.max(top + 1, Math.round(y1 * height)),
  };
}

function viewOf({ width, height, session }: OpenPhoto): MaskView {
  return {
    width,
    height,
    canUndo: session.canUndo,
    canRedo: session.canRedo,
    kept: session.kept(),
    frame: drawPixels(session.frame()).transferToImageBitmap(),
  };
}
