import { z } from 'zod';
import { AppError } from '../../shared/errors.ts';
import type { ParameterSpec, StoredComponent } from '../../weights/types.ts';
import { DEFAULT_ATTENTION, type AttentionSettings } from '../graph/attention.ts';
import { GraphBuilder, type Value } from '../graph/graph.ts';
import { conv2d, layerNorm, linear, parameter } from '../graph/layers.ts';
import * as ops from '../graph/ops.ts';
import type { GraphModel } from '../runtime/runtime.ts';
import { clipLayer, clipLayerSchema, clipLayerParameters } from './clip-layer.ts';
import { localTokens } from './local-tokens.ts';
import { linearParameters, normParameters } from './parameters.ts';
import { parseConfig } from './parse-config.ts';

const WITH_PROJECTION = 'CLIPVisionModelWithProjection';

/** transformers config.json of CLIPVisionModel(WithProjection). */
export const clipVisionConfigSchema = clipLayerSchema.extend({
  /** Which class wrote the checkpoint; old files leave it out. */
  architectures: z.array(z.string()).default([]),
  /** Width of the space that pictures and texts share; there only with the projection. */
  projection_dim: z.number().int().positive().optional(),
  image_size: z.number().int().positive(),
  patch_size: z.number().int().positive(),
  num_channels: z.literal(3).default(3),
});
export type ClipVisionConfig = z.infer<typeof clipVisionConfigSchema>;

const wholeClipSchema = z.object({ vision_config: z.record(z.string(), z.unknown()) });

/** Also takes the config.json of a whole CLIPModel. Throws AppError 'bad-checkpoint'. */
export function parseClipVisionConfig(config: unknown): ClipVisionConfig {
  const whole = wholeClipSchema.safeParse(config);
  return parseConfig(
    clipVisionConfigSchema,
    whole.success ? whole.data.vision_config : config,
    'CLIP vision encoder',
  );
}

/** Tensors of a whole CLIPModel, or buffers, that the vision tower does not have. */
const NOT_OF_THE_TOWER = /^(text_model\.|text_projection\.|logit_scale$)|embeddings\.position_ids$/;
const PROJECTION = 'visual_projection';

/** Width of the shared space, if the checkpoint has the projection into it. Drawing needs none, comparing pictures does. */
function projectionWidth(config: ClipVisionConfig): number | undefined {
  return config.architectures.includes(WITH_PROJECTION) ? config.projection_dim : undefined;
}

/** The engine's name of a checkpoint's tensor, or undefined for what is no parameter of the tower. */
export function clipVisionTensorName(config: ClipVisionConfig, name: string): string | undefined {
  if (NOT_OF_THE_TOWER.test(name)) return undefined;
  if (name === `${PROJECTION}.weight`) return projectionWidth(config) === undefined ? undefined : name;
  return name.startsWith('vision_model.') ? name : `vision_model.${name}`;
}

/** Every tensor of the tower, by its name in the published checkpoints (`pre_layrnorm` is spelt so there). */
export function clipVisionParameters(config: ClipVisionConfig): readonly ParameterSpec[] {
  const { hidden_size: width, patch_size: patch, num_channels: channels } = config;
  const layers = Array.from({ length: config.num_hidden_layers }, (_, index) => index);
  const side = gridSide(config, config.image_size);
  const shared = projectionWidth(config);
  return [
    { name: 'vision_model.embeddings.class_embedding', shape: [width], role: 'exact' },
    {
      name: 'vision_model.embeddings.patch_embedding.weight',
      shape: [width, channels, patch, patch],
      role: 'exact',
    },
    {
      name: 'vision_model.embeddings.position_embedding.weight',
      shape: [1 + side * side, width],
      role: 'exact',
    },
    ...normParameters('vision_model.pre_layrnorm', width),
    ...layers.flatMap((index) => clipLayerParameters(`vision_model.encoder.layers.${index}`, config)),
    ...normParameters('vision_model.post_layernorm', width),
    ...(shared === undefined ? [] : linearParameters(PROJECTION, shared, width, { bias: false })),
  ];
}

export interface ClipVisionOptions {
  /** Number of photos. */
  readonly batch: number;
  /**
   * `hidden`: global tokens; `local`: dense tokens pooled to `localGrid`²; `embeds`: the picture in the
   * space that it shares with texts. The trunk is computed once.
   */
  readonly outputs: readonly ('hidden' | 'local' | 'embeds')[];
  /** Cells of the local tokens' grid on each side; the paper's best is 4. */
  readonly localGrid?: number;
  /** Pixels on each side, if not the config's: position embeddings are then resized (bicubic). */
  readonly imageSize?: number;
  readonly attention?: AttentionSettings;
}

/**
 * `pixels` [B,3,S,S], normalised → `hidden` [B,1+n²,C], the input of the last layer with the class token
 * first and no norm, `local` [B,localGrid²,C] (see {@link localTokens}), and/or `embeds` [B,P], transformers'
 * `image_embeds`, not normalised. `embeds` needs a pack with the projection (AppError 'bad-pack').
 */
export function buildClipVision(
  config: ClipVisionConfig,
  component: StoredComponent,
  options: ClipVisionOptions,
): GraphModel {
  const {
    batch,
    outputs,
    localGrid = 4,
    imageSize = config.image_size,
    attention = DEFAULT_ATTENTION,
  } = options;
  const g = new GraphBuilder(component.name);
  const pixels = g.input('pixels', 'float32', [batch, config.num_channels, imageSize, imageSize]);
  let x = embedPatches(g, pixels, component, config, gridSide(config, imageSize));
  x = layerNorm(g, x, component, 'vision_model.pre_layrnorm', { epsilon: config.layer_norm_eps });
  for (let index = 0; index < config.num_hidden_layers - 1; index += 1) {
    x = clipLayer(g, x, component, `vision_model.encoder.layers.${index}`, config, { attention });
  }
  if (outputs.includes('hidden')) g.output(x, 'hidden');
  if (outputs.includes('local')) g.output(localTokens(g, x, component, config, localGrid), 'local');
  if (outputs.includes('embeds')) {
    const last = `vision_model.encoder.layers.${config.num_hidden_layers - 1}`;
    const states = clipLayer(g, x, component, last, config, { attention });
    const first = ops.reshape(g, ops.slice(g, states, 1, 0, 1), [batch, config.hidden_size]);
    const pooled = layerNorm(g, first, component, 'vision_model.post_layernorm', {
      epsilon: config.layer_norm_eps,
    });
    g.output(linear(g, pooled, component, PROJECTION, { bias: false }), 'embeds');
  }
  return g.build();
}

/** Patches on each side of a square picture. */
export function gridSide(config: ClipVisionConfig, imageSize: number): number {
  if (imageSize % config.patch_size !== 0) {
    throw new AppError(
      'bad-checkpoint',
      `A picture of ${imageSize} pixels does not divide into patches of ${config.patch_size}. ` +
        'Use a size that is a multiple of patch_size.',
    );
  }
  return imageSize / config.patch_size;
}

function embedPatches(
  g: GraphBuilder,
  pixels: Value,
  component: StoredComponent,
  config: ClipVisionConfig,
  side: number,
): Value {
  const [batch, width] = [ops.dim(pixels, 0), config.hidden_size];
  const map = conv2d(g, pixels, component, 'vision_model.embeddings.patch_embedding', {
    bias: false,
    stride: config.patch_size,
  });
  const patches = ops.transpose(g, ops.reshape(g, map, [batch, width, side * side]), [0, 2, 1]);
  const classToken = parameter(g, component, 'vision_model.embeddings.class_embedding', [width]);
  const classRow = ops.expand(g, ops.reshape(g, classToken, [1, 1, width]), [batch, 1, width]);
  const positions = positionEmbedding(g, component, config, side);
  return ops.add(g, ops.concat(g, [classRow, patches], 1), positions);
}

/** [1+side²,C]; a grid of another size is resized bicubically, the class position stays. */
function positionEmbedding(
  g: GraphBuilder,
  component: StoredComponent,
  config: ClipVisionConfig,
  side: number,
): Value {
  const trained = gridSide(config, config.image_size);
  const width = config.hidden_size;
  const name = 'vision_model.embeddings.position_embedding.weight';
  const table = parameter(g, component, name, [1 + trained * trained, width]);
  if (side === trained) return table;
  const grid = ops.slice(g, table, 0, 1, 1 + trained * trained);
  const map = ops.reshape(g, ops.transpose(g, grid, [1, 0]), [1, width, trained, trained]);
  const resized = ops.reshape(g, ops.resizeBicubic(g, map, side, side), [width, side * side]);
  return ops.concat(g, [ops.slice(g, table, 0, 0, 1), ops.transpose(g, resized, [1, 0])], 0);
}
