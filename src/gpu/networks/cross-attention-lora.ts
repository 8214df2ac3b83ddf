import { invariant } from '../../shared/errors.ts';
import { splitHeads } from '../graph/attention.ts';
import { GraphBuilder, type Value } from '../graph/graph.ts';
import * as ops from '../graph/ops.ts';
import type { GraphModel } from '../runtime/runtime.ts';
import { type CrossAttentionKvOptions, TEXT_TOKENS } from './cross-attention-kv.ts';
import { crossAttentionLayout } from './cross-attention-layout.ts';
import { keyValueLoraGroups } from './lora-groups.ts';
import { DEFAULT_LORA_RANK } from './lora-inputs.ts';
import { lowRankInputs } from './low-rank.ts';
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
  const { layers, totalHeads, headDim } = crossAttentionLayout(config);
  const g = new GraphBuilder(`cross-attention-lora-${batch}`);
  const context = g.input('context', 'float32', [batch, TEXT_TOKENS, config.contextWidth]);
  const baseKeys = g.input('baseTextK', outputType, [batch, totalHeads, TEXT_TOKENS, headDim]);
  const baseValues = g.input('baseTextV', outputType, [batch, totalHeads, TEXT_TOKENS, headDim]);

  const lowRank = lowRankInputs(g, keyValueLoraGroups(config), { rank: loraRank, type: 'float32' });

  /** [B,77,ΣC], channels in the order of execution. */
  const delta = (projection: 'to_k' | 'to_v'): Value =>
    ops.concat(
      g,
      layers.map(({ path }) => {
        const pair = lowRank(`${path}.${projection}`);
        invariant(pair !== undefined, () => `No low-rank input for ${path}.${projection}.`);
        return ops.matMul(g, ops.matMul(g, context, pair.down), pair.up);
      }),
      2,
    );
  const added = (base: Value, projection: 'to_k' | 'to_v'): Value =>
    ops.add(g, base, ops.cast(g, splitHeads(g, delta(projection), totalHeads), outputType));
  g.output(added(baseKeys, 'to_k'), 'textK');
  g.output(added(baseValues, 'to_v'), 'textV');
  return g.build();
}
