import { darker, lighter } from '../palette.ts';
import { band, glow, oval, OVERSCAN, polygon, rectangle } from './paint.ts';
import { room } from './rooms.ts';
import { type DrawBackground, END } from './sky.ts';

export const gym: DrawBackground = (context, random, horizon) => {
  const wall = random.pick([
    [178, 196, 210],
    [206, 200, 192],
    [186, 206, 198],
  ] as const);
  room(context, horizon, wall, [132, 132, 146]);
  rectangle(context, 0.08, 0.1, 0.84, horizon - 0.3, lighter(wall, 0.5), 0.8);
  polygon(
    context,
    [
      [0.2, 0.1],
      [0.34, 0.1],
      [0.2, horizon - 0.2],
      [0.08, horizon - 0.2],
      [0.08, 0.4],
    ],
    [255, 255, 255],
    0.35,
  );
  rectangle(context, -0.05, horizon - 0.14, 0.4, 0.03, [92, 92, 106]);
  for (const x of [0, 0.1, 0.2, 0.3])
    oval(
      context,
      x,
      horizon - 0.16,
      0.036,
      0.045,
      random.pick([
        [206, 92, 86],
        [70, 74, 92],
        [86, 126, 176],
      ] as const),
    );
  rectangle(context, 0.72, horizon - 0.14, 0.4, 0.03, [92, 92, 106]);
  for (const x of [0.77, 0.87, 0.97]) oval(context, x, horizon - 0.16, 0.036, 0.045, [70, 74, 92]);
};

export const stage: DrawBackground = (context, random, horizon) => {
  band(context, -OVERSCAN, horizon, [58, 44, 92], [120, 72, 124]);
  const drape = random.pick([
    [176, 50, 66],
    [96, 58, 140],
    [40, 96, 120],
  ] as const);
  for (const side of [0, 1]) {
    for (let fold = 0; fold < 4; fold += 1) {
      const x = side === 0 ? -0.12 + fold * 0.07 : 1.05 - fold * 0.07;
      rectangle(
        context,
        x,
        -OVERSCAN,
        0.07,
        horizon + OVERSCAN,
        fold % 2 === 0 ? drape : darker(drape, 0.25),
      );
    }
  }
  for (const x of [0.28, 0.5, 0.72]) {
    const to = x + random.uniform(-0.14, 0.14);
    polygon(
      context,
      [
        [x - 0.02, -0.1],
        [x + 0.02, -0.1],
        [to + 0.16, horizon],
        [to - 0.16, horizon],
      ],
      random.pick([
        [255, 236, 170],
        [255, 190, 210],
        [170, 220, 255],
      ] as const),
      0.24,
    );
  }
  band(context, horizon, END, [178, 124, 86], [126, 84, 66]);
  oval(context, 0.5, horizon + 0.12, 0.44, 0.08, [255, 240, 190], 0.3);
};

export const arena: DrawBackground = (context, random, horizon) => {
  band(context, -OVERSCAN, horizon, [88, 92, 132], [150, 146, 176]);
  for (let line = 0; line < 4; line += 1) {
    const y = horizon - 0.4 + line * 0.09;
    band(context, y, y + 0.09, [104 + line * 10, 100 + line * 8, 140], [92 + line * 10, 88 + line * 8, 128]);
    for (let seat = 0; seat < 12; seat += 1) {
      oval(
        context,
        -0.04 + seat * 0.09 + (line % 2) * 0.045,
        y + 0.04,
        0.026,
        0.03,
        random.pick([
          [226, 150, 130],
          [240, 206, 150],
          [146, 176, 206],
          [196, 160, 200],
        ] as const),
        0.6,
      );
    }
  }
  for (const x of [0.2, 0.8]) glow(context, x, 0, 0.32, [255, 252, 226], 0.7);
  rectangle(context, -OVERSCAN, horizon - 0.05, 1 + 2 * OVERSCAN, 0.06, [220, 206, 190]);
  band(context, horizon, END, [216, 166, 122], [182, 130, 100]);
};

export const ring: DrawBackground = (context, random, horizon) => {
  band(context, -OVERSCAN, horizon, [62, 58, 96], [124, 110, 140]);
  for (let index = 0; index < 26; index += 1) {
    oval(
      context,
      -0.06 + (index % 13) * 0.092,
      horizon - 0.16 + Math.floor(index / 13) * 0.09,
      0.03,
      0.036,
      random.pick([
        [190, 140, 130],
        [150, 146, 180],
        [206, 176, 140],
      ] as const),
      0.5,
    );
  }
  for (const x of [0.25, 0.75]) glow(context, x, 0.02, 0.34, [255, 250, 226], 0.65);
  for (const x of [0.04, 0.96])
    rectangle(context, x - 0.02, horizon - 0.34, 0.04, 0.36, x < 0.5 ? [206, 76, 72] : [72, 110, 190]);
  for (const [line, color] of [
    [0.3, [226, 84, 80]],
    [0.2, [250, 246, 240]],
    [0.1, [82, 124, 206]],
  ] as const) {
    rectangle(context, -OVERSCAN, horizon - line, 1 + 2 * OVERSCAN, 0.018, color, 0.9);
  }
  band(context, horizon, END, [232, 226, 214], [196, 188, 190]);
};
