import { GraphBuilder } from '../../src/gpu/graph/graph.ts';
import { concat, reduceMean, scalar } from '../../src/gpu/graph/ops.ts';
import { createRandom } from '../../src/shared/random.ts';

/** Side of what the tiny model sees. */
const SIDE = 64;
/** How much colour there must be for a pixel to belong to the object: logit = gain · colour − bias. */
const GAIN = 60;
const BIAS = 4;
/** Far below what one step of a colour changes. */
const NOISE = 1e-3;

/** The chance that a pixel of this colour (0..255) belongs to the object, as the tiny model has it. */
export function chanceOf(rgb: readonly [number, number, number]): number {
  const mean = (rgb[0] + rgb[1] + rgb[2]) / 3;
  const colour = rgb.reduce((sum, value) => sum + Math.abs(value - mean) / 255, 0) / 3;
  return 1 / (1 + Math.exp(BIAS - GAIN * colour));
}

/**
 * A network of the shape of ormbg and its like that takes colourful pixels for the object: one picture
 * [1, 3, 64, 64] → logits [1, channels, 64, 64].
 */
function graph(channels: number): Uint8Array {
  const g = new GraphBuilder('tiny segmenter');
  const image = g.input('input_image', 'float32', [1, 3, SIDE, SIDE]);
  const flat = { type: 'float32', shape: [1, 1, SIDE, SIDE] } as const;
  const grey = reduceMean(g, image, [1]);
  const difference = g.node1('Sub', [image, grey], {}, { type: 'float32', shape: image.shape });
  const apart = g.node1('Abs', [difference], {}, { type: 'float32', shape: image.shape });
  const colour = reduceMean(g, apart, [1]);
  const random = createRandom(1);
  // As large as a file must be for the hub to list it with its SHA-256.
  const noise = Float32Array.from({ length: SIDE * SIDE }, () => random.uniform(-NOISE, NOISE) - BIAS);
  const gained = g.node1('Mul', [colour, scalar(g, GAIN)], {}, flat);
  const logits = g.node1('Add', [gained, g.constant('float32', flat.shape, noise)], {}, flat);
  const parts = Array.from({ length: channels }, () => logits);
  g.output(concat(g, parts, 1), 'mask');
  return g.build().bytes;
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** The tiny model's files, laid out as transformers.js wants them. */
export function tinySegmenter(channels = 1): Record<string, Uint8Array> {
  return {
    'config.json': encode({ model_type: 'isnet' }),
    'preprocessor_config.json': encode({
      feature_extractor_type: 'ImageFeatureExtractor',
      do_normalize: true,
      do_pad: false,
      do_rescale: true,
      do_resize: true,
      image_mean: [0.5, 0.5, 0.5],
      image_std: [1, 1, 1],
      resample: 2,
      rescale_factor: 1 / 255,
      size: { width: SIDE, height: SIDE },
    }),
    'onnx/model.onnx': graph(channels),
  };
}
