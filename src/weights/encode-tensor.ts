import { BLOCK } from './kernels.ts';
import { AppError } from '../shared/errors.ts';
import { floatsToHalves, HALF_MAX } from './half.ts';
import type { Precision } from './pack-manifest.ts';
import { quantizeConvChannels, quantizeLinearRows, roomForLinear, transposeBytes } from './quantize.ts';
import { elementCount } from './shape.ts';
import type { ParameterSpec } from './types.ts';

/**
 * How a tensor is stored: linear weights in blocks, convolutions in 8 bits per output channel also at
 * 4-bit precision (4 bits per channel are too coarse for them), embeddings in float16; norms, biases,
 * time embeddings, first and last convolution always in float32.
 */
export type Encoding =
  | { readonly kind: 'dense'; readonly type: 'float32' | 'float16'; readonly transposed: boolean }
  | { readonly kind: 'matmul-nbits'; readonly bits: 4 | 8 }
  | { readonly kind: 'conv-int8' };

export function encodingOf({ role }: ParameterSpec, precision: Precision): Encoding {
  const type = precision === 'fp32' || role === 'exact' ? 'float32' : 'float16';
  const quantized = precision === 'q8' || precision === 'q4';
  if (quantized && role === 'linear') return { kind: 'matmul-nbits', bits: precision === 'q8' ? 8 : 4 };
  if (quantized && role === 'conv') return { kind: 'conv-int8' };
  return { kind: 'dense', type, transposed: role === 'linear' };
}

/** Rows are output channels: what one scale never reaches across, and what a slice of a tensor holds whole. */
export function rowsOf({ shape }: ParameterSpec): { readonly rows: number; readonly columns: number } {
  const rows = shape[0] ?? 1;
  return { rows, columns: elementCount(shape) / rows };
}

/** Bytes of the stored values, and of the scales beside them. */
export function encodedBytes(
  spec: ParameterSpec,
  encoding: Encoding,
): { readonly data: number; readonly scales: number } {
  const { rows, columns } = rowsOf(spec);
  switch (encoding.kind) {
    case 'dense':
      return { data: rows * columns * (encoding.type === 'float32' ? 4 : 2), scales: 0 };
    case 'matmul-nbits': {
      const blocks = rows * Math.ceil(columns / BLOCK);
      return { data: (blocks * BLOCK * encoding.bits) / 8, scales: 4 * blocks };
    }
    case 'conv-int8':
      return { data: rows * columns, scales: 4 * rows };
  }
}

export interface EncodedRows {
  /** Goes to the shard at once. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Waits until all rows are there: scales, or values that {@link finishTensor} turns. */
  readonly held: Uint8Array<ArrayBuffer>;
}

/** Each time another one: what a thread answers with changes hands, and is empty for it afterwards. */
const nothing = (): Uint8Array<ArrayBuffer> => new Uint8Array(0);

function halves(name: string, values: Float32Array): Uint16Array {
  let largest = 0;
  for (let at = 0; at < values.length; at += 1) largest = Math.max(largest, Math.abs(values[at] ?? 0));
  if (largest <= HALF_MAX) return floatsToHalves(values);
  throw new AppError(
    'bad-checkpoint',
    `Tensor "${name}" holds values up to ${largest}, which float16 cannot represent. Choose the precision fp32.`,
  );
}

/** What is held until the tensor ends, and what is not, of `rows` rows; {@link encodeInto} fills it. */
export function roomFor(spec: ParameterSpec, encoding: Encoding, rows: number): EncodedRows {
  const { columns } = rowsOf(spec);
  switch (encoding.kind) {
    case 'dense': {
      const bytes = new Uint8Array(rows * columns * (encoding.type === 'float32' ? 4 : 2));
      return encoding.transposed ? { data: nothing(), held: bytes } : { data: bytes, held: nothing() };
    }
    case 'matmul-nbits': {
      const { data, scales } = roomForLinear(rows, columns, encoding.bits);
      return { data, held: new Uint8Array(scales.buffer) };
    }
    case 'conv-int8':
      return { data: new Uint8Array(rows * columns), held: new Uint8Array(4 * rows) };
  }
}

/**
 * Whole rows of a tensor → bytes, of which the first are row `row` of the target, which {@link roomFor} made.
 * Throws AppError 'bad-checkpoint' for values beyond float16.
 */
export function encodeInto(
  { data, held }: EncodedRows,
  spec: ParameterSpec,
  encoding: Encoding,
  values: Float32Array,
  row: number,
): void {
  const { columns } = rowsOf(spec);
  switch (encoding.kind) {
    case 'dense': {
      const { buffer } = encoding.transposed ? held : data;
      if (encoding.type === 'float32') new Float32Array(buffer).set(values, row * columns);
      else new Uint16Array(buffer).set(halves(spec.name, values), row * columns);
      return;
    }
    case 'matmul-nbits':
      quantizeLinearRows(
        { data, scales: new Float32Array(held.buffer) },
        row,
        values,
        columns,
        encoding.bits,
      );
      return;
    case 'conv-int8': {
      const target = { data: new Int8Array(data.buffer), scales: new Float32Array(held.buffer) };
      quantizeConvChannels(target, row, values, columns);
    }
  }
}

/** Whole rows of a tensor → bytes. Throws as {@link encodeInto} does. */
export function encodeRows(spec: ParameterSpec, encoding: Encoding, values: Float32Array): EncodedRows {
  const target = roomFor(spec, encoding, values.length / rowsOf(spec).columns);
  encodeInto(target, spec, encoding, values, 0);
  return target;
}

/** What was held of all rows → the array that ends the tensor: its turned values, or its scales. */
export function finishTensor(spec: ParameterSpec, encoding: Encoding, held: Uint8Array): Uint8Array {
  if (encoding.kind !== 'dense' || !encoding.transposed) return held;
  const { rows, columns } = rowsOf(spec);
  return transposeBytes(held, rows, columns, encoding.type === 'float32' ? 4 : 2);
}
