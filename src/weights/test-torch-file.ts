import { zipSync } from 'fflate';

/** For tests: the bytes of a file as torch.save writes it. */

/** Operations of Python's pickle protocol 2, as torch.save emits them. */
export const text = (value: string): number[] => {
  const bytes = new TextEncoder().encode(value);
  return [0x58, ...new Uint8Array(Uint32Array.of(bytes.length).buffer), ...bytes];
};
export const name = (module: string, attribute: string): number[] => [
  0x63,
  ...new TextEncoder().encode(`${module}\n${attribute}\n`),
];
export const small = (value: number): number[] => [0x4b, value];
export const tuple = (...items: readonly number[][]): number[] => [0x28, ...items.flat(), 0x74];
export const call = (callee: number[], args: number[]): number[] => [...callee, ...args, 0x52];
export const dict = (entries: Readonly<Record<string, number[]>>): number[] => [
  0x7d,
  0x28,
  ...Object.entries(entries).flatMap(([key, value]) => [...text(key), ...value]),
  0x75,
];
export const ORDERED_DICT = call(name('collections', 'OrderedDict'), [0x29]);
export const TRUE = [0x88];

export interface TensorFacts {
  readonly storage?: string;
  readonly key?: string;
  readonly offset?: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

export function rebuild({
  storage = 'FloatStorage',
  key = '0',
  offset = 0,
  shape,
  strides,
}: TensorFacts): number[] {
  const reference = [
    ...tuple(text('storage'), name('torch', storage), text(key), text('cpu'), small(6)),
    0x51,
  ];
  const sizes = (values: readonly number[]): number[] => tuple(...values.map(small));
  const args = tuple(reference, small(offset), sizes(shape), sizes(strides), TRUE, ORDERED_DICT);
  return call(name('torch._utils', '_rebuild_tensor_v2'), args);
}

export const PLAIN: TensorFacts = { shape: [2, 3], strides: [3, 1] };
export const VALUES = Float32Array.of(1, 2, 3, 4, 5, 6);

export function torchFile(
  root: readonly number[],
  files: Readonly<Record<string, Uint8Array>> = { 'data/0': new Uint8Array(VALUES.buffer) },
): Uint8Array {
  const members = { 'data.pkl': Uint8Array.from([0x80, 2, ...root, 0x2e]), ...files };
  return zipSync(
    Object.fromEntries(Object.entries(members).map(([path, bytes]) => [`archive/${path}`, bytes])),
    { level: 0 },
  );
}
