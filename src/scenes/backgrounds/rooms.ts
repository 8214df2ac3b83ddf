import { type Context2D } from '../canvas.ts';
import { darker, lighter, type Rgb } from '../palette.ts';
import { band, glow, oval, OVERSCAN, polygon, rectangle } from './paint.ts';
import { type DrawBackground, END } from './sky.ts';

/** Wall and floor with a skirting board. */
export function room(context: Context2D, horizon: number, wall: Rgb, floor: Rgb): void {
  band(context, -OVERSCAN, horizon, lighter(wall, 0.12), wall);
  band(context, horizon, END, floor, darker(floor, 0.16));
  band(context, horizon - 0.025, horizon, lighter(wall, 0.55), lighter(wall, 0.4));
  band(context, horizon, horizon + 0.05, [60, 40, 60], floor, 0.16);
}

function windowPane(
  context: Context2D,
  x: number,
  y: number,
  width: number,
  height: number,
  light: Rgb,
): void {
  rectangle(context, x - 0.015, y - 0.015, width + 0.03, height + 0.03, [250, 244, 232]);
  rectangle(context, x, y, width, height, light);
  rectangle(context, x + width / 2 - 0.006, y, 0.012, height, [250, 244, 232]);
  rectangle(context, x, y + height / 2 - 0.006, width, 0.012, [250, 244, 232]);
  glow(context, x + width / 2, y + height / 2, width * 1.3, [255, 250, 226], 0.3);
}

export const studio: DrawBackground = (context, random, horizon) => {
  const wall = random.pick([
    [236, 228, 218],
    [214, 226, 234],
    [232, 214, 220],
    [216, 230, 212],
    [226, 218, 238],
    [246, 232, 200],
  ] as const);
  band(context, -OVERSCAN, END, lighter(wall, 0.3), wall);
  band(context, horizon, END, darker(wall, 0.05), darker(wall, 0.14));
  band(context, horizon - 0.06, horizon + 0.06, wall, darker(wall, 0.05), 0.8);
  glow(context, random.uniform(0.3, 0.7), 0.3, 0.6, [255, 255, 255], 0.5);
};

export const livingRoom: DrawBackground = (context, random, horizon) => {
  const wall = random.pick([
    [232, 198, 170],
    [190, 206, 198],
    [222, 188, 180],
    [206, 200, 224],
  ] as const);
  room(context, horizon, wall, [184, 136, 100]);
  const left = random.chance(0.5);
  const x = left ? 0.04 : 0.66;
  rectangle(context, x, horizon - 0.34, 0.32, 0.34, [176, 112, 90]);
  rectangle(context, x - 0.025, horizon - 0.37, 0.37, 0.045, [240, 224, 200]);
  rectangle(context, x + 0.06, horizon - 0.22, 0.2, 0.22, [66, 42, 46]);
  glow(context, x + 0.16, horizon - 0.08, 0.16, [255, 180, 70], 0.95);
  polygon(
    context,
    [
      [x + 0.1, horizon - 0.01],
      [x + 0.13, horizon - 0.12],
      [x + 0.16, horizon - 0.07],
      [x + 0.19, horizon - 0.14],
      [x + 0.22, horizon - 0.01],
    ],
    [255, 196, 84],
  );
  windowPane(context, left ? 0.64 : 0.1, 0.14, 0.22, 0.28, [170, 206, 232]);
  oval(
    context,
    0.5,
    (horizon + END) / 2,
    0.5,
    0.09,
    random.pick([
      [206, 112, 104],
      [116, 148, 176],
      [224, 192, 132],
    ] as const),
    0.7,
  );
};

export const kitchen: DrawBackground = (context, random, horizon) => {
  const wall = random.pick([
    [246, 226, 180],
    [204, 226, 214],
    [222, 222, 236],
  ] as const);
  room(context, horizon, wall, [214, 190, 160]);
  windowPane(context, 0.36, 0.1, 0.28, 0.24, [176, 216, 190]);
  const cupboard = random.pick([
    [130, 172, 168],
    [204, 140, 110],
    [148, 158, 190],
  ] as const);
  for (const x of [-0.08, 0.7]) {
    rectangle(context, x, 0.06, 0.36, 0.24, cupboard);
    rectangle(context, x + 0.175, 0.08, 0.008, 0.2, darker(cupboard, 0.3));
  }
  rectangle(context, -OVERSCAN, horizon - 0.24, 1 + 2 * OVERSCAN, 0.24, lighter(cupboard, 0.2));
  rectangle(context, -OVERSCAN, horizon - 0.265, 1 + 2 * OVERSCAN, 0.035, [250, 244, 236]);
  for (const x of [0.16, 0.42, 0.68, 0.94])
    rectangle(context, x, horizon - 0.2, 0.006, 0.17, darker(cupboard, 0.2));
};

export const restaurant: DrawBackground = (context, random, horizon) => {
  const wall = random.pick([
    [176, 110, 92],
    [112, 132, 120],
    [150, 108, 130],
  ] as const);
  room(context, horizon, wall, [150, 104, 78]);
  windowPane(context, 0.08, 0.12, 0.26, 0.3, [96, 108, 150]);
  windowPane(context, 0.66, 0.12, 0.26, 0.3, [96, 108, 150]);
  for (const x of [0.25, 0.5, 0.75]) {
    rectangle(context, x - 0.003, -OVERSCAN, 0.006, 0.2, [70, 50, 50]);
    glow(context, x, 0.1, 0.2, [255, 214, 140], 0.75);
    polygon(
      context,
      [
        [x - 0.05, 0.11],
        [x - 0.02, 0.05],
        [x + 0.02, 0.05],
        [x + 0.05, 0.11],
      ],
      [226, 170, 96],
    );
  }
};

export const ballroom: DrawBackground = (context, random, horizon) => {
  const wall = random.pick([
    [226, 196, 150],
    [206, 180, 196],
    [190, 200, 180],
  ] as const);
  room(context, horizon, wall, [196, 146, 96]);
  for (const x of [0.02, 0.34, 0.66, 0.98]) {
    rectangle(context, x - 0.035, -OVERSCAN, 0.07, horizon + OVERSCAN, lighter(wall, 0.5));
    rectangle(context, x + 0.015, -OVERSCAN, 0.02, horizon + OVERSCAN, darker(wall, 0.12));
  }
  for (const x of [0.18, 0.5, 0.82]) {
    oval(context, x, 0.3, 0.09, 0.09, [254, 236, 190]);
    rectangle(context, x - 0.09, 0.3, 0.18, horizon - 0.4, [254, 236, 190]);
  }
  const lamp = random.uniform(0.4, 0.6);
  rectangle(context, lamp - 0.006, -OVERSCAN, 0.012, 0.16, [190, 140, 70]);
  glow(context, lamp, 0.08, 0.26, [255, 246, 200], 0.9);
  for (const x of [-0.08, -0.04, 0, 0.04, 0.08])
    oval(context, lamp + x, 0.07 - Math.abs(x) * 0.3, 0.016, 0.024, [255, 252, 224]);
  oval(context, 0.5, horizon + 0.14, 0.5, 0.06, [255, 240, 200], 0.22);
};
