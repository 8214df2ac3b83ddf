import { type Context2D } from '../canvas.ts';
import { darker, lighter, type Rgb } from '../palette.ts';
import { band, glow, oval, OVERSCAN, polygon, rectangle } from './paint.ts';
import { type DrawBackground } from './outdoors.ts';

const END = 1 + OVERSCAN;

function room(context: Context2D, horizon: number, wall: Rgb, floor: Rgb): void {
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
