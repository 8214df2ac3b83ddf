import { type CanvasFactory } from './canvas.ts';
import { AppError } from '../shared/errors.ts';

/** The canvas of a page or a worker. */
export function createBrowserCanvasFactory(): CanvasFactory {
  return {
    create(width, height) {
      const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
      if (context === null) {
        throw new AppError(
          'device-unavailable',
          'Expected a 2D canvas to draw the scene on; this browser gave none. Update it or try another one.',
        );
      }
      return { width, height, context, readPixels: () => context.getImageData(0, 0, width, height).data };
    },
  };
}
