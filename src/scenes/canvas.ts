/**
 * The part of the Canvas 2D API that the renderer uses, as a structural type, so that one drawing code
 * serves `OffscreenCanvas` in the browser and a native canvas in Node.
 */
export interface Gradient2D {
  addColorStop(offset: number, color: string): void;
}

export interface Context2D {
  fillStyle: unknown;
  strokeStyle: unknown;
  lineWidth: number;
  lineCap: 'butt' | 'round' | 'square';
  lineJoin: 'bevel' | 'miter' | 'round';
  globalAlpha: number;
  save(): void;
  restore(): void;
  translate(x: number, y: number): void;
  rotate(angle: number): void;
  scale(x: number, y: number): void;
  transform(a: number, b: number, c: number, d: number, e: number, f: number): void;
  beginPath(): void;
  closePath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  quadraticCurveTo(cx: number, cy: number, x: number, y: number): void;
  bezierCurveTo(ax: number, ay: number, bx: number, by: number, x: number, y: number): void;
  arc(x: number, y: number, radius: number, start: number, end: number): void;
  ellipse(x: number, y: number, rx: number, ry: number, rotation: number, start: number, end: number): void;
  rect(x: number, y: number, width: number, height: number): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  fill(): void;
  stroke(): void;
  clip(): void;
  clearRect(x: number, y: number, width: number, height: number): void;
  setLineDash(segments: number[]): void;
  createLinearGradient(x0: number, y0: number, x1: number, y1: number): Gradient2D;
  createRadialGradient(x0: number, y0: number, r0: number, x1: number, y1: number, r1: number): Gradient2D;
}

/** A drawing surface of fixed size in pixels. */
export interface Surface {
  readonly width: number;
  readonly height: number;
  readonly context: Context2D;
  /** A copy of the pixels, RGBA, 8 bit, row-major, straight alpha: width × height × 4 bytes. */
  readPixels(): Uint8ClampedArray;
}

/** Makes a cleared surface. Both implementations may reuse one surface for equal sizes: read before asking again. */
export interface CanvasFactory {
  create(width: number, height: number): Surface;
}
