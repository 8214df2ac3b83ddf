import { AppError } from '../shared/errors.ts';
import { elementCount } from './shape.ts';

/** NumPy type codes that are read and written, little-endian; f2 travels as its 16-bit patterns. */
export const NPY_DTYPES = ['u1', 'i4', 'i8', 'f2', 'f4'] as const;
export type NpyDtype = (typeof NPY_DTYPES)[number];

interface NpyData {
  readonly u1: Uint8Array;
  readonly i4: Int32Array;
  readonly i8: BigInt64Array;
  readonly f2: Uint16Array;
  readonly f4: Float32Array;
}

export type NpyArray = {
  [D in NpyDtype]: { readonly dtype: D; readonly shape: readonly number[]; readonly data: NpyData[D] };
}[NpyDtype];

const BYTES: Readonly<Record<NpyDtype, number>> = { u1: 1, i4: 4, i8: 8, f2: 2, f4: 4 };
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];
/** The data begins at a multiple of this, as NumPy's format 1.0 asks, so that files can be memory-mapped. */
const ALIGNMENT = 64;

/** The head of a .npy file (format 1.0, C order) for an array of that type and shape. */
export function npyHeader(dtype: NpyDtype, shape: readonly number[]): Uint8Array {
  const order = dtype === 'u1' ? '|' : '<';
  const tuple = shape.length === 1 ? `${shape.join()},` : shape.join(', ');
  const text = `{'descr': '${order}${dtype}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const size = Math.ceil((MAGIC.length + 2 + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const padded = `${text.padEnd(size - MAGIC.length - 3)}\n`;
  const head = new Uint8Array(size);
  head.set(MAGIC);
  new DataView(head.buffer).setUint16(MAGIC.length, padded.length, true);
  head.set(new TextEncoder().encode(padded), MAGIC.length + 2);
  return head;
}

/** A whole .npy file. Throws `bad-request` if the data has another number of elements than the shape. */
export function encodeNpy<D extends NpyDtype>(
  dtype: D,
  shape: readonly number[],
  data: NpyData[D],
): Uint8Array {
  const expected = elementCount(shape);
  if (data.length !== expected) {
    throw new AppError(
      'bad-request',
      `Expected ${expected} elements for shape (${shape.join(', ')}); got ${data.length}.`,
    );
  }
  const head = npyHeader(dtype, shape);
  const file = new Uint8Array(head.length + data.byteLength);
  file.set(head);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), head.length);
  return file;
}

function bad(message: string): AppError {
  return new AppError('bad-request', `${message} Save the array again with numpy.save.`);
}

/** Reads a .npy file (format 1 or 2, C order, the types of {@link NPY_DTYPES}). Throws `bad-request` for anything else. */
export function decodeNpy(bytes: Uint8Array): NpyArray {
  if (MAGIC.slice(0, 6).some((byte, index) => bytes[index] !== byte))
    throw bad('Expected a .npy file; the magic bytes differ.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[6] === 2;
  const start = wide ? 12 : 10;
  if (bytes.length < start) throw bad('Expected a .npy header; the file ends before it.');
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = new TextDecoder().decode(bytes.subarray(start, end));
  const type = /'descr': '[<|]([a-z]\d)'/.exec(header)?.[1];
  const dtype = NPY_DTYPES.find((one) => one === type);
  const shapeText = /'shape': \(([\d, ]*)\)/.exec(header)?.[1];
  if (dtype === undefined || shapeText === undefined || !header.includes("'fortran_order': False")) {
    throw bad(`Expected a C-order array of ${NPY_DTYPES.join(', ')}; got ${header.trim()}.`);
  }
  const shape = shapeText
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  const length = elementCount(shape) * BYTES[dtype];
  if (bytes.length - end < length) throw bad(`Expected ${length} bytes of data; got ${bytes.length - end}.`);
  // A copy, because the data may lie unaligned in what was read.
  const buffer = bytes.slice(end, end + length).buffer;
  switch (dtype) {
    case 'u1':
      return { dtype, shape, data: new Uint8Array(buffer) };
    case 'i4':
      return { dtype, shape, data: new Int32Array(buffer) };
    case 'i8':
      return { dtype, shape, data: new BigInt64Array(buffer) };
    case 'f2':
      return { dtype, shape, data: new Uint16Array(buffer) };
    case 'f4':
      return { dtype, shape, data: new Float32Array(buffer) };
  }
}
