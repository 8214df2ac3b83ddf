import type { StoredComponent } from '../../weights/types.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import * as ops from '../graph/ops.ts';
import { adaptedLinear, type LowRankOf } from './low-rank.ts';
import type { UnetConfig } from './unet-config.ts';
import { firstChannels } from './unet-parameters.ts';

/** Periods of the sinusoids reach from 2π to 2π times this (Vaswani et al., arXiv 1706.03762, 3.5). */
const MAX_PERIOD = 10000;

/** 2π as a sum whose first term has 8 significant bits, so that its products with small integers are exact. */
const TWO_PI_HIGH = 6.28125;
const TWO_PI_LOW = 2 * Math.PI - TWO_PI_HIGH;

export interface SinusoidOptions {
  /** Even number of outputs for each number. */
  readonly width: number;
  readonly cosineFirst: boolean;
  readonly freqShift: number;
}

/**
 * x [N,1] → [N,width]: cosines and sines of x times falling frequencies (diffusers' `Timesteps`).
 * Angles reach 1000 and more; they are brought into [−π, π] first, because WGSL promises nothing about
 * sin and cos outside of it.
 */
export function sinusoid(g: GraphBuilder, x: Value, options: SinusoidOptions): Value {
  const half = options.width / 2;
  // Rounded to float32 after each step as PyTorch does: at an angle of 1000 the last bit is 6e-5 radians.
  const logPeriod = Math.fround(-Math.log(MAX_PERIOD));
  const frequencies = Float32Array.from({ length: half }, (_, index) =>
    Math.exp(Math.fround(Math.fround(logPeriod * index) / (half - options.freqShift))),
  );
  const angle = ops.mul(g, x, g.constant('float32', [1, half], frequencies));
  const nearest = ops.add(g, ops.mul(g, angle, 1 / (2 * Math.PI)), 0.5);
  const turns = g.node1('Floor', [nearest], {}, nearest);
  const coarse = ops.sub(g, angle, ops.mul(g, turns, TWO_PI_HIGH));
  const reduced = ops.sub(g, coarse, ops.mul(g, turns, TWO_PI_LOW));
  const parts = [ops.cos(g, reduced), ops.sin(g, reduced)];
  return ops.concat(g, options.cosineFirst ? parts : parts.toReversed(), 1);
}

export interface TimeInputs {
  /** [1] */
  readonly timestep: Value;
  /** [B,P] */
  readonly pooled: Value;
  /** [B,6]: original height and width, crop top and left, target height and width, in pixels. */
  readonly timeIds: Value;
}

/**
 * SiLU of the summed time and picture embedding [B,4C]: every resnet applies SiLU to it first, so it is
 * applied once here (SDXL, arXiv 2307.01952, section 2.2; diffusers `text_time`).
 */
export function timeEmbedding(
  g: GraphBuilder,
  component: StoredComponent,
  config: UnetConfig,
  { timestep, pooled, timeIds }: TimeInputs,
  lowRank: LowRankOf,
): Value {
  const { cosineFirst, freqShift } = config;
  const batch = ops.dim(timeIds, 0);
  const mlp = (x: Value, path: string): Value => {
    const hidden = ops.silu(g, adaptedLinear(g, x, component, `${path}.linear_1`, lowRank));
    return adaptedLinear(g, hidden, component, `${path}.linear_2`, lowRank);
  };
  const time = sinusoid(g, ops.reshape(g, timestep, [1, 1]), {
    width: firstChannels(config),
    cosineFirst,
    freqShift,
  });
  const ids = sinusoid(g, ops.reshape(g, timeIds, [batch * 6, 1]), {
    width: config.timeIdWidth,
    cosineFirst,
    freqShift,
  });
  const picture = ops.concat(g, [pooled, ops.reshape(g, ids, [batch, -1])], 1);
  return ops.silu(g, ops.add(g, mlp(picture, 'add_embedding'), mlp(time, 'time_embedding')));
}
