import type { StoredComponent } from '../../weights/types.ts';
import { splitHeads, splitHeadsTransposed } from '../graph/attention.ts';
import { GraphBuilder, type Value } from '../graph/graph.ts';
import { linear } from '../graph/layers.ts';
import * as ops from '../graph/ops.ts';
import type { GraphModel } from '../runtime/runtime.ts';
import { crossAttentionLayout } from './cross-attention-layout.ts';
import { IMAGE_TOKENS } from './masks.ts';
import type { UnetConfig } from './unet-config.ts';

/** Length of a CLIP prompt, padding included. */
export const TEXT_TOKENS = 77;

/**
 * Keys and values of every cross-attention layer, once a generation: they depend on the prompt and the
 * photos, not on the timestep.
 *
 * Inputs: `context` [B,77,D], `objectTokens` [1,64,D] (four objects of 16 tokens, absent ones zero).
 * Outputs: `textK` [B,ΣH,d,77], `textV` [B,ΣH,77,d], `imageK` [1,ΣH,d,64], `imageV` [1,ΣH,64,d], heads in
 * the order in which the U-Net runs its layers. Text ones carry no LoRA: see cross-attention-lora.ts.
 */
export function buildCrossAttentionKv(
  config: UnetConfig,
  component: StoredComponent,
  { batch }: { readonly batch: 1 | 2 },
): GraphModel {
  const { layers, totalHeads } = crossAttentionLayout(config);
  const g = new GraphBuilder(`cross-attention-kv-${batch}`);
  const context = g.input('context', 'float32', [batch, TEXT_TOKENS, config.contextWidth]);
  const objects = g.input('objectTokens', 'float32', [1, IMAGE_TOKENS, config.contextWidth]);
  /** Channels are head-major, so joining channels joins heads: [B,T,ΣC]. */
  const project = (x: Value, name: string): Value =>
    ops.concat(
      g,
      layers.map(({ path }) => linear(g, x, component, `${path}.${name}`, { bias: false })),
      2,
    );
  g.output(splitHeadsTransposed(g, project(context, 'to_k'), totalHeads), 'textK');
  g.output(splitHeads(g, project(context, 'to_v'), totalHeads), 'textV');
  g.output(splitHeadsTransposed(g, project(objects, 'to_k_ip'), totalHeads), 'imageK');
  g.output(splitHeads(g, project(objects, 'to_v_ip'), totalHeads), 'imageV');
  return g.build();
}
