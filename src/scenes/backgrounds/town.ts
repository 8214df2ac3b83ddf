import { mix, type Rgb } from '../palette.ts';
import { band, glow, hills, oval, OVERSCAN, polygon, rectangle, tree } from './paint.ts';
import { type DrawBackground, END, row, sky } from './sky.ts';

export const park: DrawBackground = (context, random, horizon) => {
  sky(context, random, horizon);
  hills(context, row(random, 8, horizon - 0.14, horizon - 0.07), horizon + 0.02, [142, 186, 138], 0.9);
  band(context, horizon - 0.01, END, [152, 200, 110], [112, 170, 86]);
  for (const x of [0.1, 0.88, 0.52]) {
    if (random.chance(0.8))
      tree(
        context,
        x + random.uniform(-0.1, 0.1),
        horizon + random.uniform(0, 0.03),
        random.uniform(0.36, 0.5),
        random.pick([
          [96, 160, 92],
          [122, 178, 92],
          [84, 150, 106],
        ] as const),
      );
  }
  polygon(
    context,
    [
      [0.3, horizon],
      [0.42, horizon],
      [1.05, END],
      [0.1, END],
    ],
    [236, 218, 178],
    0.55,
  );
};

export const garden: DrawBackground = (context, random, horizon) => {
  sky(context, random, horizon);
  band(context, horizon - 0.2, horizon + 0.02, [122, 172, 104], [92, 146, 88]);
  hills(context, row(random, 10, horizon - 0.24, horizon - 0.18), horizon, [122, 172, 104]);
  for (let index = 0; index < 16; index += 1) {
    oval(
      context,
      random.uniform(-0.05, 1.05),
      horizon - random.uniform(0.02, 0.18),
      0.016,
      0.016,
      random.pick([
        [250, 150, 170],
        [255, 222, 120],
        [255, 255, 250],
        [232, 110, 110],
      ] as const),
      0.9,
    );
  }
  band(context, horizon, END, [164, 206, 116], [124, 176, 88]);
};

export const city: DrawBackground = (context, random, horizon) => {
  const { low } = sky(context, random, horizon);
  const walls: readonly Rgb[] = [
    [196, 168, 150],
    [168, 178, 198],
    [214, 190, 160],
    [176, 160, 178],
  ];
  for (let index = 0; index < 6; index += 1) {
    const x = -0.1 + index * 0.2;
    const height = random.uniform(0.24, 0.52);
    const wall = mix(random.pick(walls), low, 0.25);
    rectangle(context, x, horizon - height, 0.19, height + 0.02, wall);
    rectangle(context, x + 0.15, horizon - height, 0.04, height + 0.02, [70, 60, 90], 0.14);
    for (let line = 0; line < Math.floor(height / 0.1); line += 1) {
      for (const column of [0.03, 0.1])
        rectangle(
          context,
          x + column,
          horizon - height + 0.035 + line * 0.1,
          0.045,
          0.055,
          random.chance(0.4) ? [255, 236, 176] : [126, 150, 184],
          0.75,
        );
    }
  }
  band(context, horizon, END, [206, 198, 190], [172, 164, 166]);
  rectangle(context, -OVERSCAN, horizon, 1 + 2 * OVERSCAN, 0.012, [232, 226, 216]);
};

export const court: DrawBackground = (context, random, horizon) => {
  sky(context, random, horizon);
  hills(context, row(random, 8, horizon - 0.2, horizon - 0.12), horizon, [132, 176, 128], 0.9);
  rectangle(
    context,
    -OVERSCAN,
    horizon - 0.16,
    1 + 2 * OVERSCAN,
    0.16,
    random.pick([
      [196, 140, 112],
      [150, 160, 178],
    ] as const),
    0.9,
  );
  for (let index = 0; index < 9; index += 1)
    rectangle(context, -0.1 + index * 0.15, horizon - 0.26, 0.012, 0.26, [122, 128, 142], 0.8);
  rectangle(context, -OVERSCAN, horizon - 0.26, 1 + 2 * OVERSCAN, 0.012, [122, 128, 142], 0.8);
  band(context, horizon, END, [206, 122, 94], [170, 92, 78]);
  rectangle(context, -OVERSCAN, horizon + 0.06, 1 + 2 * OVERSCAN, 0.012, [250, 244, 236], 0.85);
  polygon(
    context,
    [
      [0.62, horizon],
      [0.64, horizon],
      [0.56, END],
      [0.53, END],
    ],
    [250, 244, 236],
    0.85,
  );
};

export const rooftop: DrawBackground = (context, random, horizon) => {
  band(context, -OVERSCAN, horizon, [38, 48, 104], [130, 110, 168]);
  const moon = random.uniform(0.12, 0.88);
  glow(context, moon, 0.16, 0.2, [255, 250, 220], 0.6);
  oval(context, moon, 0.16, 0.07, 0.07, [255, 250, 226]);
  for (let index = 0; index < 12; index += 1)
    oval(context, random.next(), random.uniform(0, 0.4), 0.005, 0.005, [255, 255, 240], 0.9);
  for (let index = 0; index < 8; index += 1) {
    const height = random.uniform(0.12, 0.34);
    const x = -0.08 + index * 0.15;
    rectangle(context, x, horizon - height, 0.14, height, [66, 66, 118]);
    for (let line = 0; line < Math.floor(height / 0.07); line += 1)
      rectangle(
        context,
        x + random.pick([0.03, 0.08]),
        horizon - height + 0.02 + line * 0.07,
        0.03,
        0.03,
        [255, 222, 140],
        0.85,
      );
  }
  rectangle(context, -OVERSCAN, horizon - 0.08, 1 + 2 * OVERSCAN, 0.1, [146, 124, 150]);
  rectangle(context, -OVERSCAN, horizon - 0.1, 1 + 2 * OVERSCAN, 0.03, [184, 160, 176]);
  band(context, horizon + 0.01, END, [138, 122, 156], [104, 92, 132]);
};
