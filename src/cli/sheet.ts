import { type Canvas, createCanvas, ImageData, type SKRSContext2D } from '@napi-rs/canvas';
import type { RgbaImage } from '../images/rgba-image.ts';

/** One case of a sheet: photos in a column, then the picture and the data engine's truth, words below. */
export interface SheetCase {
  readonly photos: readonly RgbaImage[];
  readonly picture: RgbaImage;
  readonly truth: RgbaImage;
  readonly words: string;
}

export interface Sheet {
  readonly canvas: Canvas;
  /** Draws a case at its place. */
  paste(index: number, one: SheetCase): void;
}

const COLUMNS = 4;
const GAP = 8;
/** Height of a line of words, as a share of a picture's side. */
const TEXT_SHARE = 0.1;

function pasteImage(
  context: SKRSContext2D,
  { width, height, data }: RgbaImage,
  x: number,
  y: number,
  side: number,
): void {
  const source = createCanvas(width, height);
  source.getContext('2d').putImageData(new ImageData(Uint8ClampedArray.from(data), width, height), 0, 0);
  context.drawImage(source, x, y, side, side);
}

/** An empty white sheet for `count` cases whose pictures are drawn `side` pixels large; photos at half of it. */
export function createSheet(count: number, side: number): Sheet {
  const photoSide = side / 2;
  const textHeight = Math.round(side * TEXT_SHARE);
  const cellWidth = photoSide + 2 * side + 2 * GAP;
  const cellHeight = side + textHeight + GAP;
  const canvas = createCanvas(
    Math.min(COLUMNS, count) * (cellWidth + GAP),
    Math.ceil(count / COLUMNS) * (cellHeight + GAP),
  );
  const context = canvas.getContext('2d');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  return {
    canvas,
    paste(index, { photos, picture, truth, words }) {
      const x = (index % COLUMNS) * (cellWidth + GAP);
      const y = Math.floor(index / COLUMNS) * (cellHeight + GAP);
      for (const [row, photo] of photos.entries()) {
        pasteImage(context, photo, x, y + row * photoSide, photoSide);
      }
      pasteImage(context, picture, x + photoSide + GAP, y, side);
      pasteImage(context, truth, x + photoSide + side + 2 * GAP, y, side);
      context.fillStyle = '#222222';
      context.font = `${Math.round(side * 0.06)}px sans-serif`;
      context.fillText(words, x, y + side + 0.7 * textHeight, cellWidth);
    },
  };
}
