import { type Context2D, type Gradient2D } from '../canvas.ts';
import { type Vec } from '../geometry.ts';
import { type Style } from '../identity.ts';
import { css, darker, lighter, type Rgb } from '../palette.ts';

/** How a surface takes light: what tells plush, toy, pet, cartoon and person apart. */
export interface Finish {
  /** Outline width in units of a character's height, and how dark it is against the fill. */
  readonly outline: number;
  readonly outlineDark: number;
  readonly light: number;
  readonly dark: number;
  /** Strength of a hard highlight. */
  readonly gloss: number;
}

const FINISHES: Readonly<Record<Style, Finish>> = {
  plush: { outline: 0.009, outlineDark: 0.42, light: 0.22, dark: 0.36, gloss: 0 },
  toy: { outline: 0.008, outlineDark: 0.55, light: 0.34, dark: 0.4, gloss: 0.75 },
  pet: { outline: 0.007, outlineDark: 0.4, light: 0.2, dark: 0.34, gloss: 0 },
  cartoon: { outline: 0.016, outlineDark: 0.86, light: 0.1, dark: 0.22, gloss: 0 },
  person: { outline: 0.008, outlineDark: 0.5, light: 0.18, dark: 0.28, gloss: 0 },
};

export const finishOf = (style: Style): Finish => FINISHES[style];

/** An ellipse that a shape's light is laid out on. */
export interface Roundness {
  readonly x: number;
  readonly y: number;
  readonly rx: number;
  readonly ry: number;
}

/**
 * Draws shaded, outlined shapes, or, as a mask, their silhouettes in one flat colour. Everything that can
 * change a silhouette goes through `solid` and `limb`; `detail` and `line` lie inside one and leave the mask alone.
 */
export class Brush {
  readonly #shades = new Map<Finish, Gradient2D>();
  #finish: Finish = FINISHES.plush;
  #unit = 1;

  readonly context: Context2D;
  /** Colour of the silhouettes; undefined draws the picture itself. */
  maskColor: string | undefined;

  constructor(context: Context2D, maskColor: string | undefined) {
    this.context = context;
    this.maskColor = maskColor;
    context.lineJoin = 'round';
    context.lineCap = 'round';
  }

  get finish(): Finish {
    return this.#finish;
  }

  get isMask(): boolean {
    return this.maskColor !== undefined;
  }

  /** Chooses the surface; `height` is the size of the character (or prop) that outlines are measured in. */
  use(finish: Finish, height: number): void {
    this.#finish = finish;
    this.#unit = height;
  }

  /** Runs `draw` in a frame moved, turned and scaled; outlines keep their width in the picture. */
  within(origin: Vec, angle: number, scale: number, draw: () => void): void {
    const { context } = this;
    const outer = this.#unit;
    context.save();
    context.translate(origin.x, origin.y);
    context.rotate(angle);
    context.scale(scale, scale);
    this.#unit = outer / scale;
    draw();
    this.#unit = outer;
    context.restore();
  }

  get outlineWidth(): number {
    return this.#finish.outline * this.#unit;
  }

  /** A closed shape: outline, fill, `details` clipped to it, light. */
  solid(trace: (context: Context2D) => void, color: Rgb, round: Roundness, details?: () => void): void {
    const { context } = this;
    context.beginPath();
    trace(context);
    context.lineWidth = this.outlineWidth * 2;
    context.strokeStyle = this.maskColor ?? css(darker(color, this.#finish.outlineDark));
    context.stroke();
    context.fillStyle = this.maskColor ?? css(color);
    context.fill();
    if (this.isMask) return;
    if (details === undefined) {
      this.#shade(round);
      return;
    }
    context.save();
    context.clip();
    details();
    context.beginPath();
    context.rect(round.x - round.rx * 2, round.y - round.ry * 2, round.rx * 4, round.ry * 4);
    this.#shade(round);
    context.restore();
  }

  ellipse(
    x: number,
    y: number,
    rx: number,
    ry: number,
    angle: number,
    color: Rgb,
    details?: () => void,
  ): void {
    this.solid(
      (context) => {
        context.ellipse(x, y, rx, ry, angle, 0, Math.PI * 2);
      },
      color,
      { x, y, rx: Math.max(rx, ry), ry: Math.max(rx, ry) },
      details,
    );
  }

  /** A flat shape inside a silhouette. */
  detail(trace: (context: Context2D) => void, color: Rgb, alpha = 1): void {
    if (this.isMask) return;
    const { context } = this;
    context.beginPath();
    trace(context);
    context.fillStyle = css(color, alpha);
    context.fill();
  }

  spot(x: number, y: number, rx: number, ry: number, color: Rgb, alpha = 1, angle = 0): void {
    this.detail(
      (context) => {
        context.ellipse(x, y, rx, ry, angle, 0, Math.PI * 2);
      },
      color,
      alpha,
    );
  }

  /** A line inside a silhouette. */
  line(trace: (context: Context2D) => void, width: number, color: Rgb, alpha = 1, dash: number[] = []): void {
    if (this.isMask) return;
    const { context } = this;
    context.beginPath();
    trace(context);
    context.lineWidth = width;
    context.strokeStyle = css(color, alpha);
    if (dash.length > 0) context.setLineDash(dash);
    context.stroke();
    if (dash.length > 0) context.setLineDash([]);
  }

  /** A thick round-ended stroke with outline and light: a limb, a pole. `details` draws over it. */
  tube(
    trace: (context: Context2D, dx: number, dy: number) => void,
    width: number,
    color: Rgb,
    details?: (context: Context2D) => void,
  ): void {
    const { context } = this;
    const path = (lineWidth: number, style: string, shift: number): void => {
      context.beginPath();
      trace(context, -shift, -shift);
      context.lineWidth = lineWidth;
      context.strokeStyle = style;
      context.stroke();
    };
    path(width + this.outlineWidth * 2, this.maskColor ?? css(darker(color, this.#finish.outlineDark)), 0);
    if (this.isMask) return;
    path(width, css(color), 0);
    details?.(context);
    // Light from the upper left: a dark lower edge is what is left free by lighter, shifted strokes.
    path(width * 0.36, css(lighter(color, 0.9), this.#finish.light * 0.9), width * 0.16);
    if (this.#finish.gloss > 0)
      path(width * 0.12, css([255, 255, 255], this.#finish.gloss * 0.6), width * 0.22);
  }

  #shade(round: Roundness): void {
    const { context } = this;
    context.save();
    context.translate(round.x, round.y);
    context.scale(round.rx, round.ry);
    context.fillStyle = this.#shadeOf(this.#finish);
    context.fill();
    context.restore();
    if (this.#finish.gloss > 0) {
      this.spot(
        round.x - round.rx * 0.42,
        round.y - round.ry * 0.5,
        round.rx * 0.2,
        round.ry * 0.13,
        [255, 255, 255],
        this.#finish.gloss,
        -0.7,
      );
    }
  }

  /** Light of the unit circle: bright at the upper left, a warm dark along the lower right. */
  #shadeOf(finish: Finish): Gradient2D {
    const known = this.#shades.get(finish);
    if (known !== undefined) return known;
    const shade = this.context.createRadialGradient(-0.34, -0.42, 0.08, -0.12, -0.14, 1.3);
    shade.addColorStop(0, `rgba(255,252,240,${finish.light})`);
    shade.addColorStop(0.45, 'rgba(255,245,230,0)');
    shade.addColorStop(0.62, 'rgba(60,30,60,0)');
    shade.addColorStop(1, `rgba(60,28,62,${finish.dark})`);
    this.#shades.set(finish, shade);
    return shade;
  }
}
