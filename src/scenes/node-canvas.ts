import { createCanvas } from '@napi-rs/canvas';
import { type CanvasFactory, type Surface } from './canvas.ts';

/** The canvas of Node, drawn by Skia on the CPU (@napi-rs/canvas). Surfaces of one size are reused. */
export function createNodeCanvasFactory(): CanvasFactory {
  const surfaces = new Map<string, Surface>();
  return {
    create(width, height) {
      const key = `${width}x${height}`;
      const known = surfaces.get(key);
      if (known !== undefined) {
        known.context.clearRect(0, 0, width, height);
        return known;
      }
      const canvas = createCanvas(width, height);
      const context = canvas.getContext('2d');
      const surface: Surface = {
        width,
        height,
        context,
        readPixels: () => Uint8ClampedArray.from(context.getImageData(0, 0, width, height).data),
      };
      surfaces.set(key, surface);
      return surface;
    },
  };
}
