import { mix, type Rgb } from '../palette.ts';
import { band, glow, hills, oval, OVERSCAN, polygon, rectangle } from './paint.ts';
import { type DrawBackground, END, row, sky } from './sky.ts';

export const mountain: DrawBackground = (context, random, horizon) => {
  const { low } = sky(context, random, horizon);
  const far: Rgb = mix([122, 138, 170], low, 0.35);
  for (let index = 0; index < 3; index += 1) {
    const x = [0.2, 0.75, 0.48][index] ?? 0.5;
    const peak = x + random.uniform(-0.1, 0.1);
    const top = horizon - random.uniform(0.32, 0.52);
    const half = random.uniform(0.3, 0.44);
    const color = mix(far, [96, 106, 140], index * 0.22);
    polygon(
      context,
      [
        [peak - half, horizon + 0.01],
        [peak, top],
        [peak + half, horizon + 0.01],
      ],
      color,
    );
    polygon(
      context,
      [
        [peak, top],
        [peak + half, horizon + 0.01],
        [peak + half * 0.25, horizon + 0.01],
        [peak + half * 0.12, top + 0.2],
      ],
      [70, 78, 118],
      0.28,
    );
    const snow = 0.3;
    const base = top + (horizon - top) * snow;
    polygon(
      context,
      [
        [peak, top],
        [peak + half * snow, base],
        [peak + half * 0.1, base - 0.025],
        [peak, base + 0.02],
        [peak - half * 0.14, base - 0.02],
        [peak - half * snow, base],
      ],
      [252, 253, 255],
      0.95,
    );
  }
  hills(context, row(random, 6, horizon - 0.06, horizon - 0.02), horizon + 0.04, [120, 164, 118]);
  band(context, horizon, END, [146, 190, 112], [104, 158, 88]);
};

export const beach: DrawBackground = (context, random, horizon) => {
  const { low } = sky(context, random, horizon - 0.12);
  const sunX = random.uniform(0.1, 0.9);
  glow(context, sunX, horizon - 0.34, 0.2, [255, 240, 190], 0.9);
  oval(context, sunX, horizon - 0.34, 0.055, 0.055, [255, 244, 200]);
  band(context, horizon - 0.15, horizon + 0.03, mix([64, 158, 196], low, 0.2), [120, 206, 214]);
  oval(context, sunX, horizon - 0.1, 0.1, 0.012, [255, 255, 240], 0.5);
  hills(context, row(random, 5, horizon - 0.012, horizon + 0.012), END, [250, 250, 244], 0.8);
  hills(context, row(random, 5, horizon + 0.008, horizon + 0.03), END, [244, 222, 168]);
  band(context, horizon + 0.1, END, [244, 222, 168], [226, 194, 136]);
};

export const forest: DrawBackground = (context, random, horizon) => {
  band(context, -OVERSCAN, horizon + 0.02, [196, 222, 190], [226, 236, 196]);
  glow(context, random.uniform(0.2, 0.8), 0.05, 0.6, [255, 250, 200], 0.7);
  for (let depth = 0; depth < 2; depth += 1) {
    const trunk: Rgb = depth === 0 ? [150, 160, 130] : [112, 92, 76];
    for (let index = 0; index < 4; index += 1) {
      const x = -0.06 + (index + random.uniform(0.1, 0.9)) * 0.28;
      const wide = depth === 0 ? 0.035 : 0.06;
      rectangle(context, x, -OVERSCAN, wide, horizon + OVERSCAN + 0.02, trunk, depth === 0 ? 0.7 : 0.9);
    }
    hills(
      context,
      row(random, 7, 0.02 - depth * 0.06, 0.14 - depth * 0.05),
      -OVERSCAN,
      depth === 0 ? [128, 172, 118] : [86, 138, 90],
    );
    hills(
      context,
      row(random, 8, horizon - 0.1 + depth * 0.05, horizon - 0.04 + depth * 0.03),
      horizon + 0.05,
      depth === 0 ? [138, 178, 120] : [98, 150, 92],
    );
  }
  band(context, horizon + 0.01, END, [126, 168, 96], [92, 132, 74]);
};

export const snow: DrawBackground = (context, random, horizon) => {
  band(context, -OVERSCAN, horizon + 0.02, [150, 186, 224], [226, 236, 246]);
  for (const x of [0.15, 0.7]) {
    const peak = x + random.uniform(-0.12, 0.12);
    const top = horizon - random.uniform(0.3, 0.46);
    polygon(
      context,
      [
        [peak - 0.42, horizon + 0.02],
        [peak, top],
        [peak + 0.42, horizon + 0.02],
      ],
      [206, 218, 238],
    );
    polygon(
      context,
      [
        [peak, top],
        [peak + 0.42, horizon + 0.02],
        [peak + 0.08, horizon + 0.02],
      ],
      [164, 180, 214],
      0.8,
    );
  }
  for (let index = 0; index < 5; index += 1) {
    const x = random.uniform(-0.05, 1.05);
    const height = random.uniform(0.12, 0.2);
    polygon(
      context,
      [
        [x - height * 0.36, horizon + 0.02],
        [x, horizon - height],
        [x + height * 0.36, horizon + 0.02],
      ],
      [92, 136, 126],
      0.85,
    );
  }
  hills(context, row(random, 5, horizon - 0.02, horizon + 0.02), END, [246, 249, 253]);
  band(context, horizon + 0.1, END, [246, 249, 253], [212, 224, 242]);
  for (let index = 0; index < 14; index += 1)
    oval(context, random.next(), random.uniform(0, 0.8), 0.007, 0.007, [255, 255, 255], 0.9);
};

export const river: DrawBackground = (context, random, horizon) => {
  sky(context, random, horizon - 0.1);
  hills(context, row(random, 8, horizon - 0.24, horizon - 0.15), horizon, [126, 172, 122]);
  band(context, horizon - 0.1, horizon - 0.02, [152, 192, 110], [132, 176, 98]);
  band(context, horizon - 0.03, END, [104, 178, 208], [66, 138, 184]);
  for (let index = 0; index < 9; index += 1)
    oval(
      context,
      random.next(),
      random.uniform(horizon, 1),
      random.uniform(0.04, 0.12),
      0.006,
      [240, 252, 255],
      0.55,
    );
};

export const hilltop: DrawBackground = (context, random, horizon) => {
  sky(context, random, horizon + 0.1);
  hills(context, row(random, 6, horizon - 0.06, horizon + 0.02), END, [158, 192, 188]);
  hills(context, row(random, 5, horizon, horizon + 0.06), END, [136, 182, 142]);
  oval(context, random.uniform(0.4, 0.6), 1.14, 0.95, 1.12 - horizon, [140, 190, 100]);
  oval(context, 0.5, 1.22, 0.9, 1.14 - horizon, [118, 172, 88]);
};

export const countryside: DrawBackground = (context, random, horizon) => {
  band(context, -OVERSCAN, horizon + 0.02, [244, 166, 128], [254, 228, 164]);
  const x = random.uniform(0.2, 0.8);
  glow(context, x, horizon - 0.14, 0.34, [255, 246, 190], 0.9);
  oval(context, x, horizon - 0.13, 0.07, 0.07, [255, 248, 212]);
  hills(context, row(random, 6, horizon - 0.12, horizon - 0.04), horizon + 0.02, [176, 152, 128], 0.8);
  hills(context, row(random, 6, horizon - 0.06, horizon), horizon + 0.05, [164, 168, 98]);
  band(context, horizon + 0.01, END, [178, 178, 98], [136, 148, 78]);
  hills(context, row(random, 4, horizon + 0.04, horizon + 0.06), END, [226, 200, 158], 0.7);
};
