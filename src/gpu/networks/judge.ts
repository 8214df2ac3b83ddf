import { z } from 'zod';
import type { ParameterSpec, StoredComponent } from '../../weights/types.ts';
import { GraphBuilder, type Value } from '../graph/graph.ts';
import { conv2d, linear } from '../graph/layers.ts';
import * as ops from '../graph/ops.ts';
import type { GraphModel } from '../runtime/runtime.ts';
import { convParameters, linearParameters } from './parameters.ts';
import { parseConfig } from './parse-config.ts';

const count = z.number().int().positive();

/** What `training/judges/train.py` writes beside a judge's weights. */
const judgeConfigSchema = z
  .object({
    /** Pixels on each side of what the judge sees. */
    side: count,
    /** Red, green, blue, and for a judge of characters whether the pixel lies in the asked box. */
    in_channels: z.union([z.literal(3), z.literal(4)]),
    /** Channels of each level; a stride-2 convolution leads to it. */
    widths: z.array(count).min(2).readonly(),
    /** Residual blocks after each of those convolutions. */
    blocks: z.array(z.number().int().nonnegative()).readonly(),
    /** Number of positions it points at; 0 for none. */
    maps: z.number().int().nonnegative(),
    /** Positions are stretched about the middle by this factor. */
    spread: z.number().positive(),
    /** A crop shows the box and this share of its size on each side. */
    margin: z.number().nonnegative(),
    /** Answers of every question, in the order of its head's outputs. */
    labels: z.record(z.string(), z.array(z.string()).min(1).readonly()),
    /** Measured on renderings of identities, places and wordings that training never saw. */
    heldout_accuracy: z.record(z.string(), z.number()),
  })
  .refine(({ widths, blocks }) => widths.length === blocks.length, {
    error: 'expected as many blocks as widths',
  })
  .readonly();
export type JudgeConfig = z.infer<typeof judgeConfigSchema>;

/** Throws AppError 'bad-checkpoint' for a config that is no judge's. */
export function parseJudgeConfig(config: unknown): JudgeConfig {
  return parseConfig(judgeConfigSchema, config, 'judge');
}

const down = (level: number): string => `trunk.down.${level}`;
const block = (level: number, index: number): string => `trunk.blocks.${level}.${index}`;

/** Every tensor of a judge; norms are folded into the convolutions. */
export function judgeParameters(config: JudgeConfig): readonly ParameterSpec[] {
  const { widths, blocks, maps, labels } = config;
  const last = widths.at(-1) ?? 0;
  const fine = widths.at(-2) ?? 0;
  const trunk = widths.flatMap((width, level) => [
    ...convParameters(down(level), width, widths[level - 1] ?? config.in_channels, 3),
    ...Array.from({ length: blocks[level] ?? 0 }, (_, index) =>
      ['first', 'second'].flatMap((part) =>
        convParameters(`${block(level, index)}.${part}`, width, width, 3),
      ),
    ).flat(),
  ]);
  const places =
    maps === 0
      ? []
      : [
          ...convParameters('lateral', fine, last, 1),
          ...convParameters('mixed', fine, fine, 3),
          ...convParameters('places', maps, fine, 1),
        ];
  const heads = Object.entries(labels).flatMap(([name, answers]) =>
    linearParameters(`heads.${name}`, answers.length, last + maps * fine),
  );
  return [...trunk, ...places, ...heads];
}

const relu = (g: GraphBuilder, x: Value): Value => ops.max(g, x, 0);

/**
 * `pixels` [B,in_channels,S,S] (colours −1..1, box 0..1) → one output a question, logits [B,answers], and
 * `places` [B,maps,2] (x, y; 0..1 of the crop) where the judge points at positions. The questions are
 * answered from the mean over the picture and from what is at each place. Repeats
 * `training/judges/network.py`.
 */
export function buildJudge(config: JudgeConfig, component: StoredComponent, batch: number): GraphModel {
  const g = new GraphBuilder(component.name);
  const { side, widths, blocks, maps, spread } = config;
  const levels: Value[] = [];
  let x = g.input('pixels', 'float32', [batch, config.in_channels, side, side]);
  for (const level of widths.keys()) {
    x = relu(g, conv2d(g, x, component, down(level), { stride: 2, padding: 1 }));
    for (let index = 0; index < (blocks[level] ?? 0); index += 1) {
      const path = block(level, index);
      const inner = relu(g, conv2d(g, x, component, `${path}.first`, { padding: 1 }));
      x = relu(g, ops.add(g, x, conv2d(g, inner, component, `${path}.second`, { padding: 1 })));
    }
    levels.push(x);
  }
  let seen = ops.reduceMean(g, x, [2, 3], false);
  const fine = levels.at(-2);
  if (maps > 0 && fine !== undefined) {
    const coarse = ops.resizeNearest2x(g, conv2d(g, x, component, 'lateral'));
    const mixed = relu(g, conv2d(g, ops.add(g, fine, coarse), component, 'mixed', { padding: 1 }));
    const [width, height, columns] = [ops.dim(mixed, 1), ops.dim(mixed, 2), ops.dim(mixed, 3)];
    const flat = [batch, maps, height * columns];
    const weight = ops.softmax(g, ops.reshape(g, conv2d(g, mixed, component, 'places'), flat));
    const cells = ops.transpose(g, ops.reshape(g, mixed, [batch, width, -1]), [0, 2, 1]);
    const atPlaces = ops.reshape(g, ops.matMul(g, weight, cells), [batch, maps * width]);
    seen = ops.concat(g, [seen, atPlaces], 1);
    const centres = cellCentres(height, columns, spread);
    g.output(ops.matMul(g, weight, g.constant('float32', [height * columns, 2], centres)), 'places');
  }
  for (const name of Object.keys(config.labels)) {
    g.output(linear(g, seen, component, `heads.${name}`), name);
  }
  return g.build();
}

/** Where the cells of a map are, [h·w,2] (x, y), stretched about the middle. */
function cellCentres(height: number, width: number, spread: number): Float32Array {
  const centres = Array.from({ length: height * width }, (_, cell) => [
    ((cell % width) + 0.5) / width,
    (Math.floor(cell / width) + 0.5) / height,
  ]);
  return Float32Array.from(centres.flat(), (centre) => 0.5 + spread * (centre - 0.5));
}
