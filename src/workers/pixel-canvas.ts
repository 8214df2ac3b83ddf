import { type RgbaImage } from '../images/rgba-image.ts';
import { AppError } from '../shared/errors.ts';

/** Nothing of it is visible in a photo that is shown small. */
const JPEG_QUALITY = 0.9;

export interface PixelCanvas {
  readonly canvas: OffscreenCanvas;
  readonly context: OffscreenCanvasRenderingContext2D;
}

/** A canvas in memory whose pixels are read or written, without the graphics card in between. */
export function openPixelCanvas(width: number, height: number): PixelCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new AppError('internal', 'This browser gives no 2D canvas in workers.');
  return { canvas, context };
}

export function drawPixels({ width, height, data }: RgbaImage): OffscreenCanvas {
  const { canvas, context } = openPixelCanvas(width, height);
  context.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
  return canvas;
}

/** Pixels as a file; PNG keeps them exactly. */
export function encodePixels(image: RgbaImage, type: 'image/png' | 'image/jpeg'): Promise<Blob> {
  return drawPixels(image).convertToBlob({ type, quality: JPEG_QUALITY });
}
