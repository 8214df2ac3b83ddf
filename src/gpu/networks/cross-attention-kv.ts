import type { StoredComponent } from '../../weights/types.ts';
import { splitHeads } from '../graph/attention.ts';
import { GraphBuilder, type Value } from '../graph/graph.ts';
import { linear } from '../graph/layers.ts';
import * as ops from '../graph/ops.ts';
import type { GraphModel } from '../runtime/runtime.ts';
import { crossAttentionLayout } from './cross-attention-layout.ts';
import { IMAGE_TOKENS } from './masks.ts';
import type { UnetConfig } from './unet-config.ts';

/** Length of a CLIP prompt, padding included. */
export const TEXT_TOKENS = 77;

/** Type of a step's activations. */
export type ComputeType = 'float32' | 'float16';

export interface CrossAttentionKvOptions {
  readonly batch: 1 | 2;
  /** What the step graph computes in. */
  readonly outputType?: ComputeType;
}

/**
 * Keys and values of every cross-attention layer, once a generation: they depend on the prompt and the
 * photos, not on the timestep.
 *
 * Inputs: `context` [B,77,D], `objectTokens` [1,64,D] (four objects of 16 tokens, absent ones zero).
 * Outputs: `textK` and `textV` [B,ΣH,77,d], `imageK` and `imageV` [1,ΣH,64,d], heads
 * in the order in which the U-Net runs its layers, of type `outputType`. Text ones carry no LoRA: see
 * cross-attention-lora.ts.
 */
export function buildCrossAttentionKv(
  config: UnetConfig,
  component: StoredComponent,
  { batch, outputType = 'float32' }: CrossAttentionKvOptions,
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
  const output = (x: Value, layer: string, name: string): void => {
    g.output(ops.cast(g, splitHeads(g, project(x, layer), totalHeads), outputType), name);
  };
  output(context, 'to_k', 'textK');
  output(context, 'to_v', 'textV');
  output(objects, 'to_k_ip', 'imageK');
  output(objects, 'to_v_ip', 'imageV');
  return g.build();
}
