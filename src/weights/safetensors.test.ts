import { describe, expect, it } from 'vitest';
import { blobSource } from './sources.ts';
import { encodeSafetensors, openSafetensors } from './safetensors.ts';
import { openFile, safetensorsFile } from './test-support.ts';
import { readFloats } from './tensor-values.ts';

const entry = (begin: number, end: number, shape: readonly unknown[] = [(end - begin) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('sound safetensors files', () => {
  it('gives back names, shapes and values of a written file', async () => {
    const file = encodeSafetensors(
      new Map([
        ['a', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
        ['b', { shape: [], data: Float32Array.of(-5) }],
      ]),
    );
    const { tensors } = await openSafetensors(blobSource('blob', new Blob([new Uint8Array(file)])));
    const read = [];
    for (const one of tensors.values()) read.push([one.name, one.shape, [...(await readFloats(one))]]);
    expect(read).toEqual([
      ['a', [2, 2], [1, 2, 3, 4]],
      ['b', [], [-5]],
    ]);
  });

  it('reads metadata, half formats, padding in the header and tensors in any order', async () => {
    const data = Uint8Array.of(0x00, 0x3c, 0x00, 0xc0, 0x80, 0x3f, 0x20, 0xc0);
    const header = {
      __metadata__: { format: 'pt' },
      late: { dtype: 'BF16', shape: [2], data_offsets: [4, 8] },
      early: { dtype: 'F16', shape: [2], data_offsets: [0, 4] },
      none: { dtype: 'F32', shape: [0, 3], data_offsets: [8, 8] },
    };
    const { tensors, metadata } = await openFile(safetensorsFile(`${JSON.stringify(header)}   `, data));
    expect(metadata).toEqual({ format: 'pt' });
    const values = async (name: string): Promise<number[]> => {
      const found = tensors.get(name);
      return found === undefined ? [] : [...(await readFloats(found))];
    };
    expect(await values('early')).toEqual([1, -2]);
    expect(await values('late')).toEqual([1, -2.5]);
    expect(tensors.get('none')?.shape).toEqual([0, 3]);
  });
});

describe('lying or damaged safetensors files', () => {
  const cases: Readonly<Record<string, { file: Uint8Array; fault: string }>> = {
    'no room for a header': { file: new Uint8Array(5), fault: '5 bytes' },
    'a header beyond the end': {
      file: safetensorsFile({ a: entry(0, 4) }, 4).subarray(0, 30),
      fault: 'header claims',
    },
    'a header of 100 GB': {
      file: Uint8Array.of(0, 0, 0, 0, 25, 0, 0, 0, 123, 125),
      fault: 'header claims 107374182400 bytes',
    },
    'a header length beyond 2^53': { file: new Uint8Array(16).fill(255), fault: 'header claims' },
    'a header that is not JSON': { file: safetensorsFile('{"a":', 0), fault: 'header cannot be read' },
    'a header that is a list': { file: safetensorsFile('[]', 0), fault: 'header cannot be read' },
    'a header that is not UTF-8': {
      file: Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe),
      fault: 'header cannot be read',
    },
    'a cut file': { file: safetensorsFile({ a: entry(0, 400) }, 399), fault: 'bytes 0 to 400 of 399' },
    'bytes that belong to no tensor': {
      file: safetensorsFile({ a: entry(0, 4) }, 8),
      fault: 'tensors end at byte 4',
    },
    'overlapping tensors': {
      file: safetensorsFile({ a: entry(0, 8), b: entry(4, 12) }, 12),
      fault: 'begins at byte 4',
    },
    'one range twice': { file: safetensorsFile({ a: entry(0, 8), b: entry(0, 8) }, 8), fault: 'begins at' },
    'a gap': { file: safetensorsFile({ a: entry(0, 4), b: entry(8, 12) }, 12), fault: 'begins at byte 8' },
    'an end before its beginning': {
      file: safetensorsFile({ a: { dtype: 'F32', shape: [0], data_offsets: [4, 0] } }, 4),
      fault: 'bytes 4 to 0',
    },
    'a negative offset': { file: safetensorsFile({ a: entry(-4, 0, [1]) }, 4), fault: 'tensor "a"' },
    'a negative size': { file: safetensorsFile({ a: entry(0, 4, [-1, -1]) }, 4), fault: 'tensor "a"' },
    'a fractional size': { file: safetensorsFile({ a: entry(0, 4, [0.5, 2]) }, 4), fault: 'tensor "a"' },
    'a shape whose product overflows': {
      file: safetensorsFile({ a: entry(0, 4, [2 ** 40, 2 ** 40]) }, 4),
      fault: 'tensor "a" is F32',
    },
    'a size that does not fit its shape': {
      file: safetensorsFile({ a: entry(0, 8, [3]) }, 8),
      fault: '[3], 12 bytes, but has 8',
    },
    'an unknown type': {
      file: safetensorsFile({ a: { dtype: 'F8_E4M3', shape: [4], data_offsets: [0, 4] } }, 4),
      fault: 'dtype',
    },
    'an entry that is no object': { file: safetensorsFile({ a: 7 }, 0), fault: 'tensor "a"' },
    'metadata that is no table of texts': {
      file: safetensorsFile({ __metadata__: { steps: 5 } }, 0),
      fault: '__metadata__',
    },
  };

  it.each(Object.entries(cases))('%s', async (_, { file, fault }) => {
    await expect(openFile(file)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringContaining(fault) as string,
    });
  });
});
