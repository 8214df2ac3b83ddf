import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { installNetworks } from './install/install-networks.ts';
import { bytesSource } from './sources.ts';
import { createMemoryStore } from './stores.ts';
import { readFloats } from './tensor-values.ts';
import {
  call,
  dict,
  name,
  ORDERED_DICT,
  PLAIN,
  rebuild,
  small,
  text,
  torchFile,
  TRUE,
  tuple,
} from './test-torch-file.ts';
import { openTorchCheckpoint } from './torch-checkpoint.ts';
import type { Checkpoint } from './types.ts';

const open = (bytes: Uint8Array): Promise<Checkpoint> => openTorchCheckpoint(bytesSource('a.bin', bytes));

describe('openTorchCheckpoint', () => {
  it('joins the keys of nested dictionaries and reads the tensors in them', async () => {
    const parameter = call(
      name('torch._utils', '_rebuild_parameter'),
      tuple(rebuild({ offset: 4, shape: [2], strides: [1] }), TRUE, ORDERED_DICT),
    );
    const { tensors } = await open(
      torchFile(
        dict({ image_proj: dict({ 'a.weight': rebuild(PLAIN) }), dummy: parameter, steps: small(7) }),
      ),
    );
    const read: unknown[] = [];
    for (const one of tensors.values()) {
      read.push([one.name, one.dtype, one.shape, [...(await readFloats(one))]]);
    }
    expect(read).toEqual([
      ['image_proj.a.weight', 'F32', [2, 3], [1, 2, 3, 4, 5, 6]],
      ['dummy', 'F32', [2], [5, 6]],
    ]);
  });

  it('reads half formats', async () => {
    const half = rebuild({ storage: 'HalfStorage', shape: [2], strides: [1] });
    const file = torchFile(dict({ half }), { 'data/0': Uint8Array.of(0x00, 0x3c, 0x00, 0xc0) });
    const [tensor] = (await open(file)).tensors.values();
    expect(tensor === undefined ? [] : [...(await readFloats(tensor))]).toEqual([1, -2]);
  });

  it('is installed from front to back, several tensors of one storage too', async () => {
    const values = Float32Array.from({ length: 6 }, (_, index) => index + 1);
    const file = torchFile(
      dict({
        last: rebuild({ key: '1', shape: [2], strides: [1] }),
        second: rebuild({ offset: 4, shape: [2], strides: [1] }),
        first: rebuild({ shape: [2, 2], strides: [2, 1] }),
      }),
      { 'data/0': new Uint8Array(values.buffer), 'data/1': new Uint8Array(Float32Array.of(8, 9).buffer) },
    );
    const { tensors } = await open(file);
    const parameters = [...tensors.values()].map(({ name: tensor, shape }) => ({
      name: tensor,
      shape,
      role: 'exact' as const,
    }));
    const store = createMemoryStore();
    const installed = await installNetworks([{ name: 'net', parameters, tensors, precision: 'q4' }], {
      store,
    });
    const shard = await store.readFile('net-0.bin');
    const found = (installed.get('net')?.tensors ?? []).map(({ name: tensor, data }) => [
      tensor,
      ...new Float32Array(shard.slice(data.byteOffset, data.byteOffset + data.byteLength).buffer),
    ]);
    expect(found).toEqual([
      ['first', 1, 2, 3, 4],
      ['second', 5, 6],
      ['last', 8, 9],
    ]);
  });

  const system = call(name('os', 'system'), tuple(text('true')));
  it.each<[string, Uint8Array, string]>([
    ['a call of anything but tensors', torchFile(dict({ a: system })), '"a" is not a plain tensor'],
    [
      'a transposed view',
      torchFile(dict({ a: rebuild({ shape: [3, 2], strides: [1, 3] }) })),
      'transposed view',
    ],
    [
      'a tensor longer than its storage',
      torchFile(dict({ a: rebuild({ ...PLAIN, offset: 1 }) })),
      'too short',
    ],
    ['a storage that is missing', torchFile(dict({ a: rebuild({ ...PLAIN, key: '9' }) })), 'missing'],
    [
      'an unknown storage',
      torchFile(dict({ a: rebuild({ ...PLAIN, storage: 'QInt8Storage' }) })),
      'is a torch.QInt8Storage',
    ],
    ['a file without tensors', torchFile(dict({ steps: small(1) })), 'no tensors'],
    ['an operation no checkpoint needs', torchFile([0x69]), 'operation 0x69'],
    ['a pickle that ends too early', torchFile([0x58, 200, 0, 0, 0]), 'ends too early'],
    ['a stack out of order', torchFile([0x74]), 'out of order'],
    ['a value that was never kept', torchFile([0x68, 3]), 'recalls 3'],
    ['a ZIP file of other things', zipSync({ 'x.txt': Uint8Array.of(1) }, { level: 0 }), 'no data.pkl'],
    ['a compressed archive', zipSync({ 'a/data.pkl': new Uint8Array(99) }), 'is compressed'],
    ['a cut file', torchFile(dict({ a: rebuild(PLAIN) })).subarray(0, 200), 'no ZIP directory'],
    ['an empty file', new Uint8Array(0), 'no ZIP directory'],
  ])('refuses %s', async (_, file, message) => {
    await expect(open(file)).rejects.toMatchObject({
      code: 'bad-checkpoint',
      message: expect.stringContaining(message) as string,
    });
  });

  it('refuses a directory that lies about its members', async () => {
    const file = torchFile(dict({ a: rebuild(PLAIN) }));
    const view = new DataView(file.buffer, file.byteOffset);
    const directory = view.getUint32(file.length - 22 + 16, true);
    view.setUint32(directory + 42, 1, true);
    await expect(open(file)).rejects.toThrow('not where it should be');
    view.setUint32(directory, 0, true);
    await expect(open(file)).rejects.toThrow('directory is damaged');
    view.setUint32(file.length - 22 + 16, 0x7fffffff, true);
    await expect(open(file)).rejects.toThrow('bytes');
  });
});
