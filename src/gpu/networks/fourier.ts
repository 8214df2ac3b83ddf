import type { Box } from '../../shared/request.ts';

export const FOURIER_FREQUENCIES = 8;
export const FOURIER_TEMPERATURE = 100;

/**
 * Fourier features of a box (x0,y0,x1,y1 in 0..1), as in GLIGEN and MS-Diffusion: frequencies
 * temperature^(k/count) without 2π, laid out [frequency][sin, cos][coordinate], 8·count numbers.
 */
export function fourierFeatures(
  box: Box,
  count: number = FOURIER_FREQUENCIES,
  temperature: number = FOURIER_TEMPERATURE,
): Float32Array {
  const features = Array.from({ length: count }, (_, k) => {
    const angles = box.map((coordinate) => coordinate * temperature ** (k / count));
    return [...angles.map(Math.sin), ...angles.map(Math.cos)];
  });
  return Float32Array.from(features.flat());
}
