import { invariant } from '../../shared/errors.ts';
import { splitHeads } from '../graph/attention.ts';
import { GraphBuilder, type Value } from '../graph/graph.ts';
import * as ops from '../graph/ops.ts';
import type { GraphModel } from '../runtime/runtime.ts';
import { type CrossAttentionKvOptions, TEXT_TOKENS } from './cross-attention-kv.ts';
import { crossAttentionLayout } from './cross-attention-layout.ts';
import { DEFAULT_LORA_RANK } from './lora-inputs.ts';
import type { UnetConfig } from './unet-config.ts';

export interface CrossAttentionLoraOptions extends CrossAttentionKvOptions {
  readonly loraRank?: number;
}

/**
 * Adds RelationLoRA to the cached text keys and values: K = W c + B (A c) for every layer, so that
 * another LoRA or another weight costs this small graph and no reading of weights.
 *
 * Inputs: `context` [B,77,D], `baseTextK` and `baseTextV` [B,ΣH,77,d], and for each width C with
 * L layers `loraKDown.{C}` [L,D,R], `loraKUp.{C}` [L,R,C], `loraVDown.{C}`, `loraVUp.{C}` (lora-inputs.ts).
 * Outputs: `textK`, `textV` of the base ones' shapes and type, `outputType`.
 */
export function buildCrossAttentionLora(
  config: UnetConfig,
  { batch, loraRank = DEFAULT_LORA_RANK, outputType = 'float32' }: CrossAttentionLoraOptions,
): GraphModel {
  const { layers, widths, totalHeads, headDim } = crossAttentionLayout(config);
  const g = new GraphBuilder(`cross-attention-lora-${batch}`);
  const context = g.input('context', 'float32', [batch, TEXT_TOKENS, config.contextWidth]);
  const baseKeys = g.input('baseTextK', outputType, [batch, totalHeads, TEXT_TOKENS, headDim]);
  const baseValues = g.input('baseTextV', outputType, [batch, totalHeads, TEXT_TOKENS, headDim]);

  /** [B,77,ΣC], channels in the order of execution. */
  const delta = (name: 'loraK' | 'loraV'): Value => {
    const pairs = new Map(
      widths.map(({ channels, layers: count }) => [
        channels,
        {
          down: g.input(`${name}Down.${channels}`, 'float32', [count, config.contextWidth, loraRank]),
          up: g.input(`${name}Up.${channels}`, 'float32', [count, loraRank, channels]),
        },
      ]),
    );
    return ops.concat(
      g,
      layers.map(({ channels, widthIndex }) => {
        const pair = pairs.get(channels);
        invariant(pair !== undefined, () => `No low-rank input of width ${channels}.`);
        const index = ops.scalar(g, widthIndex, 'int64');
        const narrow = ops.matMul(g, context, ops.gather(g, pair.down, index));
        return ops.matMul(g, narrow, ops.gather(g, pair.up, index));
      }),
      2,
    );
  };
  const added = (base: Value, name: 'loraK' | 'loraV'): Value =>
    ops.add(g, base, ops.cast(g, splitHeads(g, delta(name), totalHeads), outputType));
  g.output(added(baseKeys, 'loraK'), 'textK');
  g.output(added(baseValues, 'loraV'), 'textV');
  return g.build();
}
