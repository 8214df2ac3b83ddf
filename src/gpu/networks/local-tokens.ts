import { AppError } from '../../shared/errors.ts';
import type { StoredComponent } from '../../weights/types.ts';
import type { GraphBuilder, Value } from '../graph/graph.ts';
import { layerNorm } from '../graph/layers.ts';
import * as ops from '../graph/ops.ts';
import { clipLayerValuePath } from './clip-layer.ts';
import type { ClipVisionConfig } from './clip-vision.ts';

/** As torch.nn.functional.normalize: keeps a zero vector finite. */
const NORM_EPSILON = 1e-12;

/**
 * Local tokens of a photo (RelationBooth, arXiv 2410.23280, section 3.3): the input of the last layer
 * `hidden` [B,1+n²,C] through that layer's value path, post-norm, each patch L2-normalised, and averaged
 * over a grid of n/`grid` × n/`grid` patches → [B,grid²,C], cells in row-major order. The mean over whole
 * cells equals RoIAlign on the same grid; the result is not normalised again.
 */
export function localTokens(
  g: GraphBuilder,
  hidden: Value,
  component: StoredComponent,
  config: ClipVisionConfig,
  grid: number,
): Value {
  const side = Math.sqrt(ops.dim(hidden, 1) - 1);
  if (side % grid !== 0) {
    throw new AppError(
      'bad-checkpoint',
      `Local tokens on a ${grid}×${grid} grid need a patch grid that divides by ${grid}; ` +
        `this encoder gives ${side}×${side} patches.`,
    );
  }
  const patches = ops.slice(g, hidden, 1, 1, 1 + side * side);
  const last = `vision_model.encoder.layers.${config.num_hidden_layers - 1}`;
  const dense = clipLayerValuePath(g, patches, component, last, config);
  const normed = layerNorm(g, dense, component, 'vision_model.post_layernorm', {
    epsilon: config.layer_norm_eps,
  });
  return poolCells(g, unitVectors(g, normed), side, grid);
}

function unitVectors(g: GraphBuilder, x: Value): Value {
  const length = ops.sqrt(g, ops.reduceSum(g, ops.mul(g, x, x), [-1]));
  return ops.div(g, x, ops.max(g, length, NORM_EPSILON));
}

/** [B,side²,C] → [B,grid²,C], first over the rows of a cell, then over its columns. */
function poolCells(g: GraphBuilder, x: Value, side: number, grid: number): Value {
  const [batch, width, cell] = [ops.dim(x, 0), ops.dim(x, 2), side / grid];
  const rows = ops.reduceMean(g, ops.reshape(g, x, [batch * grid, cell, side * width]), [1]);
  const cells = ops.reduceMean(g, ops.reshape(g, rows, [batch * grid * grid, cell, width]), [1]);
  return ops.reshape(g, cells, [batch, grid * grid, width]);
}
