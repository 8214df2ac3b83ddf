import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type WritableStore } from '../stores.ts';
import { bytesSource } from '../sources.ts';
import { openSafetensors } from '../safetensors.ts';
import { safetensorsFile } from '../test-support.ts';
import type { ByteSource, ParameterSpec } from '../types.ts';
import type { Precision } from '../pack-manifest.ts';
import { convertSlice, type SliceConverter } from './convert-slice.ts';
import { installNetworks } from './install-networks.ts';

const MIB = 1024 * 1024;

/** A float16 file of one large matrix and a small one, with its checksum. */
function largeFile(
  rows: number,
  columns: number,
): { readonly bytes: Uint8Array; readonly specs: readonly ParameterSpec[] } {
  const values = new Uint16Array(rows * columns + 64);
  for (let at = 0; at < values.length; at += 1) values[at] = 0x3000 + ((at * 2654435761) % 2048);
  const large = 2 * rows * columns;
  const header = {
    a: { dtype: 'F16', shape: [rows, columns], data_offsets: [0, large] },
    b: { dtype: 'F16', shape: [64], data_offsets: [large, large + 128] },
  };
  return {
    bytes: safetensorsFile(header, new Uint8Array(values.buffer)),
    specs: [
      { name: 'a', shape: [rows, columns], role: 'linear' },
      { name: 'b', shape: [64], role: 'exact' },
    ],
  };
}

/** Counts what is read, and can break off. */
function watched(bytes: Uint8Array, failAt = Infinity): ByteSource & { readonly readBytes: () => number } {
  const source = bytesSource('large.safetensors', bytes);
  const digest = { algorithm: 'sha256', hex: createHash('sha256').update(bytes).digest('hex') } as const;
  let readBytes = 0;
  return {
    ...source,
    digest,
    readBytes: () => readBytes,
    read(byteOffset, byteLength) {
      if (byteOffset + byteLength > failAt) return Promise.reject(new Error('the line is dead'));
      readBytes += byteLength;
      return source.read(byteOffset, byteLength);
    },
  };
}

/** A store that is gone after some writes, the next one half done or not begun, until it is mended. */
function stoppingStore(
  writesLeft: number,
  halfDone: boolean,
): { readonly store: WritableStore; readonly writes: () => number; readonly mend: () => void } {
  const store = createMemoryStore();
  let left = writesLeft;
  let writes = 0;
  async function count(write: () => Promise<void>, half?: () => Promise<void>): Promise<void> {
    if (left <= 0) {
      if (left === 0 && halfDone) await half?.();
      left = -1;
      throw new Error('the store is gone');
    }
    left -= 1;
    writes += 1;
    await write();
  }
  return {
    writes: () => writes,
    mend() {
      left = Infinity;
    },
    store: {
      ...store,
      // Replaced as a whole or not at all.
      writeFile: (path, bytes) => count(() => store.writeFile(path, bytes)),
      appendFile: (path, bytes) =>
        count(
          () => store.appendFile(path, bytes),
          () => store.appendFile(path, bytes.subarray(0, bytes.length >> 1)),
        ),
      truncateFile: (path, byteLength) => count(() => store.truncateFile(path, byteLength)),
      removeFile: (path) => count(() => store.removeFile(path)),
    },
  };
}

async function networks(source: ByteSource, specs: readonly ParameterSpec[], precision: Precision) {
  const { tensors } = await openSafetensors(source);
  return [{ name: 'unet', parameters: specs, tensors, precision }];
}

describe('installNetworks', () => {
  it.each(['q4', 'fp16'] as const)(
    'fetches at most 16 MiB again after a cut inside a tensor larger than that: %s',
    async (precision) => {
      const { bytes, specs } = largeFile(4096, 6144);
      const whole = createMemoryStore();
      await installNetworks(await networks(watched(bytes), specs, precision), { store: whole });

      const store = createMemoryStore();
      const cut = watched(bytes, 37 * MIB);
      await expect(installNetworks(await networks(cut, specs, precision), { store })).rejects.toThrow('dead');
      const rest = watched(bytes);
      const installed = await installNetworks(await networks(rest, specs, precision), { store });
      expect(cut.readBytes() + rest.readBytes()).toBeLessThanOrEqual(bytes.length + 16 * MIB);
      for (const { file } of installed.get('unet')?.shards ?? []) {
        expect(Buffer.from(await store.readFile(file)).equals(await whole.readFile(file))).toBe(true);
      }
    },
  );

  it('stores slices in order that were converted beside each other, and nothing after a failure', async () => {
    const { bytes, specs } = largeFile(1024, 6144);
    const whole = createMemoryStore();
    await installNetworks(await networks(watched(bytes), specs, 'q4'), { store: whole });
    const lengthOf = async (store: WritableStore) => (await store.readFile('unet-0.bin')).length;

    let under = 0;
    let most = 0;
    let heldBytes = 0;
    let mostHeldBytes = 0;
    let left = Infinity;
    /** Takes its time, the later slices less of it. */
    const converter: SliceConverter = {
      async convert(slice) {
        under += 1;
        most = Math.max(most, under);
        heldBytes += slice.bytes.length;
        mostHeldBytes = Math.max(mostHeldBytes, heldBytes);
        await new Promise((resolve) => setTimeout(resolve, 20 - Math.min(20, slice.firstRow / 40)));
        under -= 1;
        heldBytes -= slice.bytes.length;
        left -= 1;
        if (left < 0) throw new Error('the thread is gone');
        return convertSlice(slice);
      },
    };
    const store = createMemoryStore();
    await installNetworks(await networks(watched(bytes), specs, 'q4'), { store, converter });
    expect(most).toBeGreaterThan(2);
    // However quickly the file comes: four slices wait, and one is read.
    expect(mostHeldBytes).toBeLessThanOrEqual(5 * MIB);
    expect(Buffer.from(await store.readFile('unet-0.bin')).equals(await whole.readFile('unet-0.bin'))).toBe(
      true,
    );

    const broken = createMemoryStore();
    left = 5;
    const interrupted = await networks(watched(bytes), specs, 'q4');
    await expect(installNetworks(interrupted, { store: broken, converter })).rejects.toThrow(
      'the thread is gone',
    );
    const written = await lengthOf(broken);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await lengthOf(broken)).toBe(written);
    left = Infinity;
    await installNetworks(await networks(watched(bytes), specs, 'q4'), { store: broken, converter });
    expect(Buffer.from(await broken.readFile('unet-0.bin')).equals(await whole.readFile('unet-0.bin'))).toBe(
      true,
    );
  });

  it.each(['q4', 'q8'] as const)(
    'ends as the same pack wherever the store stopped, with half a write left or none: %s',
    async (precision) => {
      const matrices = ['a', 'b', 'c'];
      // 2.5 MiB each: the journal has a line inside the first two, with as many held bytes in both.
      const each = 640 * 2048;
      const values = new Uint16Array(matrices.length * each);
      // Each matrix in a range of its own: one's scales are wrong for another.
      for (let at = 0; at < values.length; at += 1) {
        values[at] = 0x2800 + 0x400 * Math.floor(at / each) + ((at * 2654435761) % 1024);
      }
      const header = Object.fromEntries(
        matrices.map((name, at) => [
          name,
          { dtype: 'F16', shape: [640, 2048], data_offsets: [2 * each * at, 2 * each * (at + 1)] },
        ]),
      );
      const bytes = safetensorsFile(header, new Uint8Array(values.buffer));
      const specs = matrices.map((name) => ({ name, shape: [640, 2048], role: 'linear' as const }));

      const whole = stoppingStore(Infinity, false);
      const complete = await installNetworks(await networks(watched(bytes), specs, precision), {
        store: whole.store,
      });
      expect(whole.writes()).toBeGreaterThan(12);
      for (let last = 0; last < whole.writes(); last += 1) {
        const stopped = stoppingStore(last, last % 2 === 1);
        await expect(
          installNetworks(await networks(watched(bytes), specs, precision), { store: stopped.store }),
        ).rejects.toThrow('the store is gone');
        stopped.mend();
        const installed = await installNetworks(await networks(watched(bytes), specs, precision), {
          store: stopped.store,
        });
        expect(installed.get('unet')).toEqual(complete.get('unet'));
        for (const { file } of installed.get('unet')?.shards ?? []) {
          expect(
            Buffer.from(await stopped.store.readFile(file)).equals(await whole.store.readFile(file)),
            `after ${last} writes`,
          ).toBe(true);
        }
      }
    },
  );

  it('drops what came from a file that is not the one listed, and keeps the file before it', async () => {
    const { bytes, specs } = largeFile(512, 4096);
    const good = watched(bytes);
    const bad: ByteSource = { ...watched(bytes), digest: { algorithm: 'sha256', hex: '0'.repeat(64) } };
    const first = (await networks(good, specs, 'q8'))[0];
    const second = (await networks(bad, specs, 'q8'))[0];
    if (first === undefined || second === undefined) throw new Error('Expected two networks.');
    const store = createMemoryStore();
    const both = [first, { ...second, name: 'vae' }];
    await expect(installNetworks(both, { store })).rejects.toMatchObject({
      code: 'bad-checkpoint',
      retryable: true,
    });
    const before = good.readBytes();
    await expect(installNetworks(both, { store })).rejects.toMatchObject({ code: 'bad-checkpoint' });
    expect(good.readBytes()).toBe(before);
  });
});
