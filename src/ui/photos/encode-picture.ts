import { AppError } from '../../shared/errors.ts';
import { embedPictureSettings, type PictureFormat } from '../../shared/picture-metadata.ts';
import { type GenerationResult } from '../../gpu/pipeline/types.ts';
import { type GenerationRequest } from '../../shared/request.ts';

/** Nothing of it is visible in a picture; files are about a fifth of the PNG's. */
const QUALITY = 0.95;

/** A PNG of the pixels, encoded off the main thread by the browser, with the settings inside. */
export async function encodePicture(
  picture: Pick<GenerationResult, 'width' | 'height' | 'pixels'>,
  request: GenerationRequest,
  modelTitle: string,
): Promise<Blob> {
  const { width, height } = picture;
  const { canvas, context } = openCanvas(width, height);
  context.putImageData(new ImageData(picture.pixels, width, height), 0, 0);
  return encode(canvas, 'png', request, modelTitle);
}

/** A picture file in another format, with the settings inside. */
export async function convertPicture(
  file: Blob,
  format: PictureFormat,
  request: GenerationRequest,
  modelTitle: string,
): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  const { canvas, context } = openCanvas(bitmap.width, bitmap.height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return encode(canvas, format, request, modelTitle);
}

interface OpenCanvas {
  readonly canvas: OffscreenCanvas;
  readonly context: OffscreenCanvasRenderingContext2D;
}

function openCanvas(width: number, height: number): OpenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context === null) {
    throw new AppError(
      'device-unavailable',
      'The browser gave no canvas to save the picture with. Reload the page.',
    );
  }
  return { canvas, context };
}

async function encode(
  canvas: OffscreenCanvas,
  format: PictureFormat,
  request: GenerationRequest,
  modelTitle: string,
): Promise<Blob> {
  const type = `image/${format}`;
  const blob = await canvas.convertToBlob({ type, quality: QUALITY });
  // A browser that does not know a format gives a PNG without a word.
  if (blob.type !== type) {
    throw new AppError(
      'device-unavailable',
      `This browser cannot write ${format.toUpperCase()} files. Save the picture as PNG or JPEG.`,
    );
  }
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return new Blob([embedPictureSettings(bytes, request, modelTitle)], { type });
}
