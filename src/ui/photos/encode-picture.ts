import { AppError } from '../../shared/errors.ts';
import { embedSettings } from '../../shared/png-metadata.ts';
import { type GenerationResult } from '../../gpu/pipeline/types.ts';
import { type GenerationRequest } from '../../shared/request.ts';

/** A PNG of the pixels, encoded off the main thread by the browser, with the settings inside. */
export async function encodePicture(
  picture: Pick<GenerationResult, 'width' | 'height' | 'pixels'>,
  request: GenerationRequest,
  modelTitle: string,
): Promise<Blob> {
  const { width, height } = picture;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context === null) {
    throw new AppError(
      'device-unavailable',
      'The browser gave no canvas to save the picture with. Reload the page.',
    );
  }
  context.putImageData(new ImageData(picture.pixels, width, height), 0, 0);
  const png = await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer();
  return new Blob([embedSettings(new Uint8Array(png), request, modelTitle)], { type: 'image/png' });
}
