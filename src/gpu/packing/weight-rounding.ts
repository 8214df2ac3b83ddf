import { decodeConv, decodeLinear } from '../../weights/decode.ts';
import { type Encoding, encodingOf, rowsOf } from '../../weights/encode-tensor.ts';
import { floatsToHalves, halvesToFloats } from '../../weights/half.ts';
import type { Precision } from '../../weights/pack-manifest.ts';
import { BLOCK } from '../../weights/kernels.ts';
import { quantizeConv, quantizeLinear } from '../../weights/quantize.ts';
import { quantizeLinearZeroPoint } from '../../weights/quantize-zero-point.ts';
import type { ParameterSpec } from '../../weights/types.ts';

/** How weights are made coarser: a pack's precision, and what a pack might do otherwise. */
export interface Rounding {
  readonly precision: Precision;
  /** `middle`: codes lie around 2^(bits−1), as in packs. `free`: each block has a zero point of its own. */
  readonly zeroPoint: 'middle' | 'free';
  /**
   * Which layers keep more bits than the precision has. Packs keep both: `exact` are time embeddings, first and last
   * convolution in float32, `convolutions` have 8 bits also at 4-bit precision. Norms and biases are never rounded.
   */
  readonly kept: readonly ('exact' | 'convolutions')[];
}

/** What a pack of a precision does. */
export function packRounding(precision: Precision): Rounding {
  return { precision, zeroPoint: 'middle', kept: ['exact', 'convolutions'] };
}

function roundedEncoding(spec: ParameterSpec, { precision, kept }: Rounding): Encoding {
  const dimensions = spec.shape.length;
  const isKept = spec.role !== 'exact' || dimensions < 2 || kept.includes('exact');
  const role = isKept ? spec.role : dimensions === 2 ? 'linear' : 'conv';
  const encoding = encodingOf({ ...spec, role }, precision);
  return encoding.kind === 'conv-int8' && precision === 'q4' && !kept.includes('convolutions')
    ? { kind: 'matmul-nbits', bits: 4 }
    : encoding;
}

/** The same text for roundings that give a network with these weights the same numbers. */
export function roundingKey(parameters: readonly ParameterSpec[], rounding: Rounding): string {
  const encodings = parameters.map((spec) => roundedEncoding(spec, rounding));
  const inBlocks = encodings.some(({ kind }) => kind === 'matmul-nbits');
  return JSON.stringify([inBlocks ? rounding.zeroPoint : '', encodings]);
}

/**
 * The numbers that a network computes with whose weight is stored with this rounding, in the weight's own order:
 * quantized and decoded again. Convolutions in blocks take their inputs and taps as one row.
 */
export function roundedWeight(
  spec: ParameterSpec,
  values: Float32Array<ArrayBuffer>,
  rounding: Rounding,
): Float32Array<ArrayBuffer> {
  const encoding = roundedEncoding(spec, rounding);
  const { rows, columns } = rowsOf(spec);
  switch (encoding.kind) {
    case 'dense':
      return encoding.type === 'float32' ? values : halvesToFloats(floatsToHalves(values));
    case 'matmul-nbits': {
      const { bits } = encoding;
      const quantize = rounding.zeroPoint === 'free' ? quantizeLinearZeroPoint : quantizeLinear;
      const rounded = new Float32Array(values.length);
      decodeLinear(rounded, quantize(values, rows, columns, bits), {
        shape: [rows, columns],
        bits,
        block: BLOCK,
      });
      return rounded;
    }
    case 'conv-int8': {
      const { data, scales } = quantizeConv(values, rows);
      const rounded = new Float32Array(values.length);
      decodeConv(rounded, new Uint8Array(data.buffer), scales);
      return rounded;
    }
  }
}
