import type { StoredComponent } from '../../weights/types.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import { conv2d, groupNorm } from '../graph/layers.ts';
import * as ops from '../graph/ops.ts';
import { adaptedLinear, type LowRankOf } from './low-rank.ts';
import type { ResnetPlan } from './unet-plan.ts';

export interface NormSettings {
  readonly groups: number;
  readonly epsilon: number;
}

/** SiLU(GroupNorm(x)), x [B,C,H,W]. */
export function normSilu(
  g: GraphBuilder,
  x: Value,
  component: StoredComponent,
  path: string,
  norm: NormSettings,
): Value {
  return ops.silu(g, groupNorm(g, x, component, path, norm));
}

/** What a U-Net's resnets take of the time. */
export interface ResnetTime {
  /** SiLU of the time embedding [B,T]. */
  readonly embedding: Value;
  readonly lowRank: LowRankOf;
}

/** diffusers `ResnetBlock2D`: x [B,in,H,W] → [B,out,H,W]. The VAE's blocks have no time. */
export function resnetBlock(
  g: GraphBuilder,
  x: Value,
  component: StoredComponent,
  { path, inChannels, outChannels }: ResnetPlan,
  norm: NormSettings,
  time?: ResnetTime,
): Value {
  const first = conv2d(g, normSilu(g, x, component, `${path}.norm1`, norm), component, `${path}.conv1`, {
    padding: 1,
  });
  const shifted =
    time === undefined
      ? first
      : ops.add(
          g,
          first,
          ops.reshape(g, adaptedLinear(g, time.embedding, component, `${path}.time_emb_proj`, time.lowRank), [
            -1,
            outChannels,
            1,
            1,
          ]),
        );
  const hidden = normSilu(g, shifted, component, `${path}.norm2`, norm);
  const second = conv2d(g, hidden, component, `${path}.conv2`, { padding: 1 });
  const shortcut = inChannels === outChannels ? x : conv2d(g, x, component, `${path}.conv_shortcut`);
  return ops.add(g, shortcut, second);
}

/** Nearest 2× and a 3×3 convolution: x [B,C,H,W] → [B,C,2H,2W]. */
export function upsample(g: GraphBuilder, x: Value, component: StoredComponent, path: string): Value {
  return conv2d(g, ops.resizeNearest2x(g, x), component, path, { padding: 1 });
}
